/** What the server and those who lend it a computer say to each other: data, never code. */
import type { Layer, Output } from "../trainer/network/layers.ts";
import type { Options } from "../trainer/network/options.ts";
import type { Plan } from "../trainer/worker/protocol.ts";

/** A job: one network, and how it is trained. */
export interface Spec {
  seed: number;
  /** Of one example. */
  shape: number[];
  words: number;
  layers: Layer[];
  output: Output;
  options: Omit<Options, "patience">;
  weights: number[] | null;
  rows: number;
}

/** The right, and the duty, to do the epochs after `from` up to `to`. */
export interface Lease {
  lease: string;
  job: string;
  spec: Spec;
  /** Of the checkpoint to begin with; null for a job that has not begun. */
  start: string | null;
  from: number;
  to: number;
  data: string;
  /** Tells those apart for whom it is. */
  person: string;
  expires: string;
  /** Seconds. */
  renew_every: number;
}

/** A lease as it comes: what the server signed is its text. */
export interface SignedLease extends Lease {
  signed: string;
  signature: string;
}

/** One epoch of a slice; no number where it is none any more. */
export interface Point {
  epoch: number;
  loss: number | null;
  score: number | null;
}

/** What the trainer takes for a job: nothing else of what came is looked at. */
export function planOf({ seed, shape, words, layers, output, options, weights }: Spec): Plan {
  return { seed, shape, words, layers, output, options: { ...options, patience: 0 }, weights };
}

/** A number as JSON can tell it. */
export function told(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
