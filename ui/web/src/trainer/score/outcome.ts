/** What a network said of some rows beside what is true: all that scores and tables are made of. */
import type { Part, Prepared } from "../data/prepared.ts";
import { accuracy, confusion, largest } from "./classes.ts";
import { numberScore } from "./numbers.ts";

export interface Wrong {
  row: number;
  /** Where it is in its part. */
  at: number;
  truth: string;
  said: string;
  /** How sure it was of what it said; or how far it was off. */
  size: number;
}

export interface Outcome {
  prepared: Prepared;
  part: Part;
  /** The probabilities of the classes, or the numbers in their own unit. */
  outputs: Float32Array;
  truth: number[];
  said: number[];
}

export function outcome(prepared: Prepared, part: Part, raw: Float32Array): Outcome {
  const size = prepared.classes.length;
  const meant = (value: number): number => value * prepared.deviation + prepared.mean;
  if (prepared.task === "number") {
    const outputs = Float32Array.from(raw, meant);
    return { prepared, part, outputs, truth: Array.from(part.y, meant), said: [...outputs] };
  }
  return { prepared, part, outputs: raw, truth: largest(part.y, size), said: largest(raw, size) };
}

/** The share that is right of classes; by how much numbers are off on average. */
export function scored({ prepared, truth, said }: Outcome): number {
  if (prepared.task === "number") return numberScore(truth, said).absolute;
  return accuracy(confusion(truth, said, prepared.classes.length));
}

/** The probability that a class was given in each row. */
export function scoresOf({ outputs, prepared, truth }: Outcome, index: number): number[] {
  return truth.map((_, row) => outputs[row * prepared.classes.length + index]);
}

/** The rows that it was most wrong about, worst first. */
export function worst(found: Outcome, most: number, told: (value: number) => string): Wrong[] {
  const { prepared, part, truth, said } = found;
  const classes = prepared.task === "classes";
  const sizes = truth.map((value, at) =>
    classes ? found.outputs[at * prepared.classes.length + said[at]] : Math.abs(value - said[at]),
  );
  const name = (value: number): string => (classes ? prepared.classes[value] : told(value));
  return [...truth.keys()]
    .filter((at) => !classes || truth[at] !== said[at])
    .sort((a, b) => sizes[b] - sizes[a])
    .slice(0, most)
    .map((at) => ({ row: part.rows[at], at, truth: name(truth[at]), said: name(said[at]), size: sizes[at] }));
}
