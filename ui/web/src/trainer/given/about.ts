/** A model that was trained elsewhere: what its worker found of it, and what is to be done with it. */
import type { Text } from "../data/vocabulary.ts";
import type { Shape } from "../network/layers.ts";

/** What TensorFlow.js loads: a description, the list of the weights, and all their bytes. */
export interface Files {
  topology: unknown;
  specs: unknown[];
  data: ArrayBuffer;
}

export interface Part {
  name: string;
  kind: string;
  /** Of one example; null in it is any number. */
  shape: Shape | null;
  parameters: number;
}

export interface About {
  inputs: number;
  outputs: number;
  /** Of one example. */
  input: Shape;
  output: Shape;
  /** What the last layer does to its numbers. */
  ends: "softmax" | "sigmoid" | "linear" | "unknown";
  parts: Part[];
  /** Which of the parts is the last that learned something, and whether another can take its place. */
  head: number;
  replaceable: boolean;
  convolves: boolean;
  /** Whether it takes numbers of words, not measures. */
  looksUp: boolean;
}

/** What is to be done with it. */
export interface Plan {
  tune: boolean;
  /** So many of its first parts stay as they are. */
  fixed: number;
  /** Whether a new last layer takes the place of its own. */
  fresh: boolean;
  /** Which class each output means, where its own layer stays; empty for the classes' own order. */
  order: string[];
}

/** What the trainer wrote into a model of its own. */
export interface Meta {
  task: "classes" | "number";
  classes: string[];
  /** What is predicted, as the data call it. */
  target?: string;
  mean?: number;
  deviation?: number;
  columns: MetaColumn[];
  /** Of a model that takes texts: the column that it read, its words and how many it reads. */
  text?: MetaText;
}

export type MetaText = Pick<Text, "name" | "vocabulary" | "length">;

export type MetaColumn = { name: string; at: number } & (
  | { shift: number; factor: number; missing: number; low?: number; high?: number; kinds?: undefined }
  | { kinds: string[] }
);

/** All of it. */
export interface Given {
  /** As people call it. */
  name: string;
  files: Files;
  about: About;
  meta: Meta | null;
  plan: Plan;
}

/** What the worker needs to know of it to train. */
export interface Tuning {
  files: Files;
  tune: boolean;
  fixed: number;
  fresh: boolean;
  /** Whether its one number is the probability of the second of two classes. */
  binary: boolean;
  /** Whether its numbers become probabilities after it only. */
  softmax: boolean;
  convolves: boolean;
}

/** The rate at which what is learned is not forgotten again. */
export const GENTLE = 0.001;

/** How one begins: all of it is tuned, gently. */
export const FIRST: Plan = { tune: true, fixed: 0, fresh: false, order: [] };
