/** Which inputs a network needs: how much worse it gets when the values of one are shuffled among the rows. */
import { chance, range, shuffled } from "../chance.ts";
import type { Part, Prepared } from "../data/prepared.ts";
import { accuracy, confusion, largest } from "./classes.ts";
import { numberScore } from "./numbers.ts";

export interface Importance {
  name: string;
  /** How much accuracy is lost, or how much the error grows in the target's unit. */
  drop: number;
}

export type Predict = (x: Float32Array) => Promise<Float32Array>;
const ROUNDS = 3;
/** More rows than these make it slower and not clearer. */
const ROWS = 500;

/** The examples with the numbers of one input taken from other rows. */
export function permuted(x: Float32Array, width: number, at: number, length: number, order: number[]): Float32Array {
  const made = x.slice();
  order.forEach((from, row) => made.set(x.subarray(from * width + at, from * width + at + length), row * width + at));
  return made;
}

/** How far predictions are off: wrong classes as a share, numbers by their mean error. */
export function error(prepared: Prepared, y: Float32Array, predicted: Float32Array): number {
  const size = prepared.classes.length;
  if (prepared.task === "classes") return 1 - accuracy(confusion(largest(y, size), largest(predicted, size), size));
  const meant = (value: number): number => value * prepared.deviation + prepared.mean;
  return numberScore(Array.from(y, meant), Array.from(predicted, meant)).absolute;
}

export async function importance(
  prepared: Prepared,
  part: Part,
  predict: Predict,
  seed: number,
): Promise<Importance[]> {
  const rows = Math.min(part.rows.length, ROWS);
  const x = part.x.subarray(0, rows * prepared.width);
  const y = part.y.subarray(0, (part.y.length / part.rows.length) * rows);
  const before = error(prepared, y, await predict(x));
  const next = chance(seed);
  const found: Importance[] = [];
  for (const { name, at, width } of prepared.inputs) {
    let drop = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const mixed = permuted(x, prepared.width, at, width, shuffled(range(rows), next));
      drop += (error(prepared, y, await predict(mixed)) - before) / ROUNDS;
    }
    found.push({ name, drop });
  }
  return found.sort((a, b) => b.drop - a.drop);
}
