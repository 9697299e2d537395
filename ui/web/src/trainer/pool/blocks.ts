/** Prepared rows as the pool takes them, and states of networks as it gives them back. */
import { framed, unframed } from "../../community/framing.ts";
import type { Part } from "../data/prepared.ts";

export const ROWS = "mlabs-rows/1";
export const CHECKPOINT = "mlabs-checkpoint/1";

export function block({ x, y, rows }: Part, shape: number[]): Uint8Array<ArrayBuffer> {
  const count = rows.length;
  return framed({ format: ROWS, count, x: shape, y: y.length / count }, [x, y]);
}

export interface Values {
  shape: number[];
  values: Float32Array;
}

export interface Checkpoint {
  epoch: number;
  weights: Values[];
  optimizer: Values[];
}

interface Header {
  format: string;
  epoch: number;
  weights: number[][];
  optimizer: number[][];
}

export function checkpoint(bytes: ArrayBuffer): Checkpoint {
  const { header, values } = unframed<Header>(bytes, CHECKPOINT);
  let at = 0;
  const take = (shape: number[]): Values => {
    const size = shape.reduce((all, length) => all * length, 1);
    at += size;
    return { shape, values: values.subarray(at - size, at) };
  };
  return { epoch: header.epoch, weights: header.weights.map(take), optimizer: header.optimizer.map(take) };
}

/** Tells other data from the same ones, where a page was loaded again in between: FNV-1a, twice. */
export function markOf(bytes: Uint8Array): string {
  let [one, other] = [0x811c9dc5, 0x01000193];
  for (const byte of bytes) {
    one = Math.imul(one ^ byte, 0x01000193);
    other = Math.imul(other ^ byte ^ 0x55, 0x01000193);
  }
  return [one, other].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
