/** A network as a person builds it: layers, what each does to the shape, and how many numbers it learns. */
import { Problem } from "../problem.ts";

export type Activation = "relu" | "tanh" | "sigmoid" | "elu" | "linear";
export type Initialiser = "glorotUniform" | "heNormal" | "randomNormal" | "zeros";

export interface Dense {
  kind: "dense";
  units: number;
  activation: Activation;
  initialiser: Initialiser;
  dropout: number;
}

export interface Convolution {
  kind: "convolution";
  filters: number;
  size: number;
  pool: boolean;
  activation: Activation;
  initialiser: Initialiser;
  dropout: number;
}

export interface Recurrent {
  kind: "recurrent";
  cell: "gru" | "lstm" | "simple";
  units: number;
  dropout: number;
}

/** Of texts: a point for each word, which is learned. */
export interface Embedding {
  kind: "embedding";
  units: number;
  dropout: number;
}

/** One step in the place of all: their mean, or the largest of each. */
export interface Pooling {
  kind: "pooling";
  how: "average" | "max";
  dropout: number;
}

export type Layer = Dense | Convolution | Recurrent | Embedding | Pooling;

/** One step of the network as it is built and drawn. */
export interface Stage {
  title: string;
  /** What it gives to the next one. */
  shape: number[];
  parameters: number;
  /** Which of the person's layers it is of; -1 for the input and the output. */
  layer: number;
}

export interface Output {
  units: number;
  activation: "softmax" | "sigmoid" | "linear";
}

const CELLS = { gru: ["GRU", 3], lstm: ["LSTM", 4], simple: ["Simple recurrent", 1] } as const;
export const MAX_PARAMETERS = 5_000_000;

/** Lengths of one example along each axis; null is any. */
export type Shape = (number | null)[];

export function size(shape: number[]): number {
  return shape.reduce((all, length) => all * length, 1);
}

/**
 * The stages from an example of `shape` to the output; a layer that does not fit is a Problem that says why.
 * Of texts, `words` is how many different numbers their words have; else it is 0.
 */
export function stages(layers: Layer[], shape: number[], output: Output, words = 0): Stage[] {
  const made: Stage[] = [{ title: words ? "Words" : "Input", shape, parameters: 0, layer: -1 }];
  if (words && layers[0]?.kind !== "embedding") throw unembedded();
  layers.forEach((layer, index) => {
    const last = made[made.length - 1].shape;
    made.push(...stagesOf(layer, last, index, layers[index + 1], words));
  });
  const flat = flattened(made[made.length - 1].shape, -1);
  made.push(...flat, {
    title: `Output, ${output.activation}`,
    shape: [output.units],
    parameters: (size(made[made.length - 1].shape) + 1) * output.units,
    layer: -1,
  });
  return fitting(made);
}

function stagesOf(layer: Layer, shape: number[], index: number, next: Layer | undefined, words: number): Stage[] {
  switch (layer.kind) {
    case "dense":
      return dense(layer, shape, index);
    case "convolution":
      return convolution(layer, shape, index);
    case "recurrent":
      return [recurrent(layer, shape, index, next?.kind === "recurrent")];
    case "embedding":
      return [embedding(layer, shape, index, words)];
    case "pooling":
      return [pooling(layer, shape, index)];
  }
}

function embedding(layer: Embedding, shape: number[], index: number, words: number): Stage {
  if (index || !words)
    throw new Problem(
      `Layer ${index + 1} is an embedding, which looks up words: it can only be the first one, and only of texts.`,
      words ? "Move it to the front, or remove it." : "Remove it, or look at the columns as a text in step 2.",
    );
  return {
    title: `Embedding ${layer.units}`,
    shape: [...shape, layer.units],
    parameters: words * layer.units,
    layer: index,
  };
}

function unembedded(): Problem {
  return new Problem(
    "The numbers of words are no measures: 7 is not more than 6. The first layer has to be an embedding.",
    "Add an embedding layer, or begin with one of the networks above.",
  );
}

function pooling(layer: Pooling, shape: number[], index: number): Stage {
  if (shape.length !== 2) throw unfit(index, "a pooling over all steps", "a series or a text");
  const title = layer.how === "max" ? "Largest of all steps" : "Mean of all steps";
  return { title, shape: [shape[1]], parameters: 0, layer: index };
}

function fitting(made: Stage[]): Stage[] {
  const all = parameters(made);
  if (all <= MAX_PARAMETERS) return made;
  throw new Problem(
    `This network has ${all.toLocaleString("en")} parameters, more than a browser can train.`,
    "Take fewer units or filters, a pooling in a convolution, or of texts fewer words in step 2.",
  );
}

function flattened(shape: number[], layer: number): Stage[] {
  return shape.length > 1 ? [{ title: "Flatten", shape: [size(shape)], parameters: 0, layer }] : [];
}

function dense(layer: Dense, shape: number[], index: number): Stage[] {
  const title = `Dense ${layer.units}, ${layer.activation}`;
  return [
    ...flattened(shape, index),
    { title, shape: [layer.units], parameters: (size(shape) + 1) * layer.units, layer: index },
  ];
}

function convolution(layer: Convolution, shape: number[], index: number): Stage[] {
  if (shape.length < 2) throw unfit(index, "a convolution", "a picture or a series");
  const channels = shape[shape.length - 1];
  const sides = shape.slice(0, -1);
  if (sides.some((side) => side < layer.size)) {
    throw new Problem(
      `Layer ${index + 1} looks through a window of ${layer.size}, but what reaches it is only ${sides.join(" × ")}.`,
      "Take a smaller window, or take away a pooling before it.",
    );
  }
  const title = `Convolution ${layer.filters} × ${sides.map(() => layer.size).join("×")}, ${layer.activation}`;
  const weights = layer.size ** sides.length * channels * layer.filters + layer.filters;
  const first = { title, shape: [...sides, layer.filters], parameters: weights, layer: index };
  if (!layer.pool) return [first];
  if (sides.some((side) => side < 2))
    throw new Problem(
      `Layer ${index + 1} cannot pool: what reaches it is only ${sides.join(" × ")}.`,
      "Switch its pooling off.",
    );
  return [
    first,
    { title: "Pooling by 2", shape: [...sides.map((side) => side >> 1), layer.filters], parameters: 0, layer: index },
  ];
}

function recurrent(layer: Recurrent, shape: number[], index: number, sequences: boolean): Stage {
  if (shape.length !== 2) throw unfit(index, "a recurrent layer", "a series");
  const [title, gates] = CELLS[layer.cell];
  const weights = gates * layer.units * (shape[1] + layer.units + 1);
  return {
    title: `${title} ${layer.units}`,
    shape: sequences ? [shape[0], layer.units] : [layer.units],
    parameters: weights,
    layer: index,
  };
}

function unfit(index: number, what: string, needed: string): Problem {
  return new Problem(
    `Layer ${index + 1} is ${what}, which needs ${needed}; what reaches it are plain numbers.`,
    `In step 2 look at the columns as ${needed}, or take a dense layer here.`,
  );
}

export function parameters(made: Stage[]): number {
  return made.reduce((sum, stage) => sum + stage.parameters, 0);
}

/** A layer as it is first added. */
export function fresh(kind: Layer["kind"]): Layer {
  if (kind === "dense") return { kind, units: 16, activation: "relu", initialiser: "heNormal", dropout: 0 };
  if (kind === "convolution")
    return { kind, filters: 8, size: 3, pool: true, activation: "relu", initialiser: "heNormal", dropout: 0 };
  if (kind === "embedding") return { kind, units: 16, dropout: 0 };
  if (kind === "pooling") return { kind, how: "average", dropout: 0 };
  return { kind, cell: "gru", units: 16, dropout: 0 };
}

/** What can stand in a network at all, by the shape of the data; `text` where its numbers are those of words. */
export function allowed(shape: number[], text = false): Layer["kind"][] {
  if (text) return ["embedding", "convolution", "recurrent", "pooling", "dense"];
  if (shape.length === 3) return ["convolution", "dense"];
  return shape.length === 2 ? ["convolution", "recurrent", "dense"] : ["dense"];
}

const ORDER: Layer["kind"][] = ["embedding", "convolution", "recurrent", "pooling", "dense"];

/** The layers with one more: an embedding comes first, then convolutions, and dense layers last. */
export function withNew(layers: Layer[], kind: Layer["kind"]): Layer[] {
  const later = layers.findIndex((layer) => ORDER.indexOf(layer.kind) > ORDER.indexOf(kind));
  const at = later < 0 ? layers.length : later;
  return [...layers.slice(0, at), fresh(kind), ...layers.slice(at)];
}
