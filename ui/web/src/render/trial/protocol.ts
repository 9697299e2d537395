/** What travels between the page, the document that tries a model, and the worker that runs it. */

export interface Tensor {
  name: string;
  shape: (number | null)[];
  dtype: string;
}

/** What the page says of its model. */
export interface About {
  format: string;
  inputs: Tensor[];
  outputs: Tensor[];
  /** What the trainer wrote into a model of its own, as it lies in there; anybody may have written it. */
  meta?: unknown;
}

/** The files of a model: its model.json, and the bytes of each group of weights. */
export interface Files {
  model: any;
  groups: ArrayBuffer[];
}

/** A picture that the page's camera took, for the input of this number. */
export interface Taken {
  input: number;
  picture: ImageBitmap;
}

/** Numbers in the order of their shape. */
export interface Numbers {
  name: string;
  shape: number[];
  values: number[];
}

export type Task = { load: Files; from: string } | { predict: Numbers[]; dtypes: string[] };
export type Said = { ready: true } | { outputs: Numbers[]; seconds: number } | { error: string };
