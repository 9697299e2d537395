/** Rows to learn from, or to be scored on, as they travel. */
import { size } from "../trainer/network/layers.ts";
import type { Rows } from "../trainer/worker/protocol.ts";
import { cut, framed, opened } from "./framing.ts";

const FORMAT = "mlabs-rows/1";

export function blockOf({ x, y, count }: Rows, shape: number[]): Uint8Array<ArrayBuffer> {
  return framed({ format: FORMAT, count, x: shape, y: y.length / count }, [x, y]);
}

/** Throws where they are not rows of this shape with so many numbers to be said of each. */
export function rowsOf(block: Uint8Array, shape: number[], units: number): Rows {
  const { header, numbers } = opened(block, FORMAT);
  const count = Number(header.count);
  if (String(header.x) !== String(shape) || header.y !== units)
    throw new Error("these rows are not of the shape that the network takes");
  const [x, y] = cut(numbers, [count * size(shape), count * units]);
  return { x, y, count };
}
