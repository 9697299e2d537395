/** How numbers travel: the length of a JSON header (4 bytes, little-endian), the header, then Float32 after Float32. */

const WIDTH = 4;
const LONGEST = 1 << 20;

export interface Framed {
  header: Record<string, unknown>;
  numbers: Float32Array<ArrayBuffer>;
}

/** Spaces fill the header up, so that the numbers are aligned. */
export function framed(header: object, parts: Float32Array[]): Uint8Array<ArrayBuffer> {
  const plain = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(plain.length / WIDTH) * WIDTH;
  const begin = WIDTH + length;
  const count = parts.reduce((all, part) => all + part.length, 0);
  const bytes = new Uint8Array(begin + count * WIDTH);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.fill(" ".charCodeAt(0), WIDTH, begin);
  bytes.set(plain, WIDTH);
  const numbers = new Float32Array(bytes.buffer, begin);
  let at = 0;
  for (const part of parts) {
    numbers.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Throws where the bytes are not of this `format`. */
export function opened(bytes: Uint8Array, format: string): Framed {
  const length = bytes.length < WIDTH ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const begin = WIDTH + length;
  if (!length || length % WIDTH || length > LONGEST || begin > bytes.length || bytes.length % WIDTH)
    throw new Error(`these bytes are not ${format}`);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(WIDTH, begin))) as Framed["header"];
  if (header.format !== format) throw new Error(`these bytes are ${String(header.format)}, not ${format}`);
  // A copy of its own, aligned: what was read may lie anywhere in a larger buffer.
  return { header, numbers: new Float32Array(new Uint8Array(bytes.subarray(begin)).buffer) };
}

/** The numbers one after the other, cut into lengths that have to be all of them. */
export function cut(numbers: Float32Array<ArrayBuffer>, lengths: number[]): Float32Array<ArrayBuffer>[] {
  const wanted = lengths.reduce((all, length) => all + length, 0);
  if (wanted !== numbers.length) throw new Error(`there are ${numbers.length} numbers where ${wanted} are named`);
  let at = 0;
  return lengths.map((length) => numbers.subarray(at, (at += length)));
}
