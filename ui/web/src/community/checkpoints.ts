/** A network after some epoch, with all that its optimiser remembers, as it travels. */
import { size } from "../trainer/network/layers.ts";
import { cut, framed, opened } from "./framing.ts";
import type { Point } from "./shapes.ts";

const FORMAT = "mlabs-checkpoint/1";

/** Some numbers and the lengths along each axis of them. */
export interface Block {
  shape: number[];
  values: Float32Array;
}

export interface Checkpoint {
  epoch: number;
  weights: Block[];
  /** How many steps were taken, then what is kept of each weight. */
  optimizer: Block[];
  /** Of the epochs of this slice. */
  curve: Point[];
  /** The loss over the first training rows, at its end. */
  claim: { loss: number | null };
}

export function bytesOf({ epoch, weights, optimizer, curve, claim }: Checkpoint): Uint8Array<ArrayBuffer> {
  const shapes = (blocks: Block[]): number[][] => blocks.map(({ shape }) => shape);
  const header = { format: FORMAT, epoch, weights: shapes(weights), optimizer: shapes(optimizer), curve, claim };
  return framed(header, [...weights, ...optimizer].map(({ values }) => values));
}

export function checkpointOf(bytes: Uint8Array): Checkpoint {
  const { header, numbers } = opened(bytes, FORMAT);
  const { epoch, weights, optimizer, curve, claim } = header as unknown as Checkpoint & Record<string, number[][]>;
  const shapes = [...weights, ...optimizer] as unknown as number[][];
  const blocks = cut(numbers, shapes.map(size)).map((values, at) => ({ shape: shapes[at], values }));
  return { epoch, weights: blocks.slice(0, weights.length), optimizer: blocks.slice(weights.length), curve, claim };
}
