/** What the pool is asked and what it answers, as `docs/api.md` describes it. */
import type { Spec } from "../../community/shapes.ts";
import type { Layer, Output } from "../network/layers.ts";

export type Status = "queued" | "running" | "checking" | "succeeded" | "failed" | "stopped";

/** What the server's own look at the held-out rows said after an epoch; `train_loss` is the worker's word. */
export interface Score {
  epoch: number;
  loss: number | null;
  score: number | null;
  train_loss: number | null;
}

/** Some epochs of a job, done by somebody; `worker` is null for the server itself. */
export interface Slice {
  from: number;
  to: number;
  status: string;
  worker: string | null;
  started: string;
  ended: string | null;
  seconds: number | null;
  check: boolean;
}

export interface PoolJob {
  id: string;
  status: Status;
  reason: string | null;
  epoch: number;
  epochs: number;
  seed: number;
  layers: Layer[];
  output: Output;
  options: Spec["options"];
  scores: Score[];
  slices: Slice[];
  created: string;
  error: { code: string; message?: string } | null;
}

export interface Search {
  id: string;
  title: string;
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
  consent: boolean;
  jobs: Spec[];
  halving?: Halving;
}
