/** Numbers as they travel: a length, a header in JSON, and Float32 behind it. */

/** What a whole of bytes says of itself, and its numbers. */
export interface Framed<Header> {
  header: Header;
  values: Float32Array;
}

/** Bytes with `header` in front; the numbers begin where four bytes begin. */
export function framed(header: object, parts: Float32Array[]): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / 4) * 4;
  const count = parts.reduce((all, part) => all + part.length, 0);
  const made = new Uint8Array(4 + length + count * 4).fill(32, 4, 4 + length);
  new DataView(made.buffer).setUint32(0, length, true);
  made.set(text, 4);
  let at = 4 + length;
  for (const part of parts) {
    // All machines with browsers write the lowest byte first.
    made.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return made;
}

/** The other way round. Throws where the bytes are none of ours. */
export function unframed<Header extends { format: string }>(bytes: ArrayBuffer, format: string): Framed<Header> {
  const length = bytes.byteLength >= 4 ? new DataView(bytes).getUint32(0, true) : Infinity;
  if (4 + length > bytes.byteLength || (bytes.byteLength - 4 - length) % 4) throw new Error(`this is no ${format}`);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as Header;
  if (header.format !== format) throw new Error(`this is no ${format}`);
  return { header, values: new Float32Array(bytes.slice(4 + length)) };
}
