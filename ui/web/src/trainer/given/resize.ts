/** Makes pictures as large, and as colorful, as a model takes them. */
import type { Pictures } from "../data/pictures.ts";

export type Frame = [height: number, width: number, channels: number];

/** For each pixel along one side, which old ones it is made of. Making smaller, all of them count. */
function weights(from: number, to: number): [at: number, share: number][][] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, place) => {
    const middle = (place + 0.5) * scale - 0.5;
    const shares: [number, number][] = [];
    for (let at = Math.ceil(middle - reach); at <= middle + reach; at++) {
      const share = 1 - Math.abs(at - middle) / reach;
      if (share > 0) shares.push([Math.min(from - 1, Math.max(0, at)), share]);
    }
    const all = shares.reduce((sum, [, share]) => sum + share, 0);
    return shares.map(([at, share]) => [at, share / all]);
  });
}

function colored(pixels: ArrayLike<number>, from: number, to: number): Float32Array {
  const count = pixels.length / from;
  const made = new Float32Array(count * to);
  for (let at = 0; at < count; at++) {
    const gray =
      from === 3 ? 0.299 * pixels[at * 3] + 0.587 * pixels[at * 3 + 1] + 0.114 * pixels[at * 3 + 2] : pixels[at * from];
    for (let channel = 0; channel < to; channel++)
      made[at * to + channel] = from === to ? pixels[at * from + channel] : gray;
  }
  return made;
}

export function resized(pixels: ArrayLike<number>, from: Frame, to: Frame): Float32Array {
  const [height, width, channels] = to;
  const source = colored(pixels, from[2], channels);
  const rows = weights(from[0], height);
  const columns = weights(from[1], width);
  const made = new Float32Array(height * width * channels);
  rows.forEach((above, y) =>
    columns.forEach((beside, x) => {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (const [row, high] of above)
          for (const [column, wide] of beside)
            sum += high * wide * source[(row * from[1] + column) * channels + channel];
        made[(y * width + x) * channels + channel] = sum;
      }
    }),
  );
  return made;
}

export function resizedAll(pictures: Pictures, to: Frame): Pictures {
  return { ...pictures, shape: to, pixels: pictures.pixels.map((one) => resized(one, pictures.shape, to)) };
}
