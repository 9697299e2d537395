/** What the page and its worker say to each other. */
import type { Checkpoint } from "../../community/checkpoints.ts";
import type { Files, Tuning } from "../given/about.ts";
import type { Layer, Output } from "../network/layers.ts";
import type { Options } from "../network/options.ts";

export interface Rows {
  x: Float32Array;
  y: Float32Array;
  count: number;
}

/** A network and how it is trained, whatever the rows are. */
export interface Plan {
  seed: number;
  /** Of one example. */
  shape: number[];
  /** How many different numbers words have, where examples are texts; else 0. */
  words: number;
  layers: Layer[];
  /** A model that was trained elsewhere, in the place of the layers. */
  given?: Tuning;
  output: Output;
  options: Options;
  weights: number[] | null;
}

export interface Job extends Plan {
  train: Rows;
  validation: Rows;
  /** Where others did the training. */
  taken?: Taken;
}

/** A network that others trained, and what is known of its epochs. */
export interface Taken {
  checkpoint: Checkpoint;
  epochs: Epoch[];
  /** When each of these ended, in seconds since 1970. */
  times: number[];
  /** In milliseconds since 1970. */
  started: number;
}

/** What one epoch came to; `score` is the accuracy of classes, or the mean error of numbers. */
export interface Epoch {
  number: number;
  loss: number;
  /** Null where nobody looked: others trained it. */
  score: number | null;
  validationLoss: number;
  validationScore: number;
}

/** Why training ended. `diverged`: the loss is no number any more; `untouched`: nothing to train; `taken`: by others. */
export type End = "taken" | "finished" | "early" | "stopped" | "diverged" | "untouched";

export interface Weight {
  name: string;
  shape: number[];
  values: Float32Array;
}

export type Asked =
  | { ask: "train"; job: Job }
  | { ask: "on"; epochs: number }
  | { ask: "pause" | "resume" | "stop" }
  | { ask: "inspect"; id: number; files: Files }
  | { ask: "best"; id: number }
  | { ask: "predict"; id: number; x: Float32Array; count: number }
  | { ask: "activations"; id: number; x: Float32Array }
  | { ask: "weights"; id: number }
  | { ask: "save"; id: number };

export interface Saved {
  topology: unknown;
  specs: unknown;
  data: ArrayBuffer;
}

export type Said =
  | { say: "doing"; what: string }
  | { say: "began"; backend: string; why: string }
  | { say: "epoch"; epoch: Epoch; best: number }
  | { say: "ended"; end: End; best: number; at: number }
  | { say: "answer"; id: number; value: unknown }
  | { say: "failed"; id: number | null; message: string };
