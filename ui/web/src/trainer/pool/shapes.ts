/** What the pool is asked and what it answers, as `docs/api.md` describes it. */
import type { Layer, Output } from "../network/layers.ts";
import type { Options } from "../network/options.ts";

/** One network to be trained: numbers and names, no code. */
export interface Spec {
  seed: number;
  shape: number[];
  words: number;
  layers: Layer[];
  output: Output;
  options: Omit<Options, "patience">;
  weights: number[] | null;
  rows: number;
}

export type Status = "queued" | "running" | "checking" | "succeeded" | "failed" | "stopped";

/** What the server's own look at the held-out rows said after an epoch. */
export interface Score {
  epoch: number;
  loss: number | null;
  score: number | null;
  train_loss: number | null;
}

export interface Slice {
  from: number;
  to: number;
  status: string;
  worker: string | null;
  started: string | null;
  ended: string | null;
  seconds: number | null;
}

export interface PoolJob {
  id: string;
  search: string;
  status: Status;
  reason?: string | null;
  epoch: number;
  epochs: number;
  seed: number;
  layers: Layer[];
  options: Spec["options"];
  scores: Score[];
  slices: Slice[];
  error?: string | null;
}

export interface Search {
  id: string;
  title: string;
  status: Status;
  created: string;
  ended: string | null;
  jobs: PoolJob[];
}

export interface Halving {
  rungs: number[];
  keep: number;
}

/** What a search is asked for with. */
export interface Wish {
  title: string;
  data: { train: string; held_out: string; dataset?: string };
  consent: true;
  jobs: Spec[];
  halving?: Halving;
}
