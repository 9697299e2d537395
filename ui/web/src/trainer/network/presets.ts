/** Networks to begin with, from first steps to serious ones, for each shape of data. */
import type { Convolution, Dense, Embedding, Layer, Pooling, Recurrent } from "./layers.ts";

export interface Preset {
  title: string;
  words: string;
  layers: Layer[];
  epochs: number;
}

function dense(units: number, dropout = 0): Dense {
  return { kind: "dense", units, activation: "relu", initialiser: "heNormal", dropout };
}

/** For small tables: its borders are smooth. */
function smooth(units: number): Dense {
  return { kind: "dense", units, activation: "tanh", initialiser: "glorotUniform", dropout: 0 };
}

function convolution(filters: number, pool: boolean, dropout = 0): Convolution {
  return { kind: "convolution", filters, size: 3, pool, activation: "relu", initialiser: "heNormal", dropout };
}

function recurrent(units: number, cell: Recurrent["cell"] = "gru"): Recurrent {
  return { kind: "recurrent", cell, units, dropout: 0 };
}

function embedding(units: number, dropout = 0): Embedding {
  return { kind: "embedding", units, dropout };
}

function pooling(how: Pooling["how"], dropout = 0): Pooling {
  return { kind: "pooling", how, dropout };
}

const COLUMNS: Preset[] = [
  {
    title: "No hidden layer",
    words: "Straight from inputs to output: it draws straight borders only, and its weights can be read.",
    layers: [],
    epochs: 100,
  },
  {
    title: "First steps",
    words: "One small hidden layer with smooth borders: enough for most small tables.",
    layers: [smooth(16)],
    epochs: 100,
  },
  {
    title: "Steady",
    words: "Two layers: finds combinations of inputs. Needs some hundred rows.",
    layers: [dense(32), dense(16)],
    epochs: 60,
  },
  {
    title: "Serious",
    words: "Three wider layers with dropout, for thousands of rows. Learns slower, can learn by heart.",
    layers: [dense(64, 0.2), dense(64, 0.2), dense(32)],
    epochs: 80,
  },
];
const PICTURES: Preset[] = [
  {
    title: "First steps",
    words: "No convolution: every pixel by itself. Quick, and blind to where things are.",
    layers: [dense(32)],
    epochs: 20,
  },
  {
    title: "Steady",
    words: "One convolution finds edges and strokes wherever they are.",
    layers: [convolution(12, true), dense(32)],
    epochs: 15,
  },
  {
    title: "Serious",
    words: "Two convolutions: strokes, then forms made of strokes. Takes longer.",
    layers: [convolution(16, true), convolution(32, true), dense(64, 0.3)],
    epochs: 15,
  },
];
const SERIES: Preset[] = [
  {
    title: "First steps",
    words: "One recurrent layer reads the steps in their order.",
    layers: [recurrent(16)],
    epochs: 20,
  },
  {
    title: "Steady",
    words: "A convolution finds short patterns, a recurrent layer their order.",
    layers: [convolution(8, false), recurrent(16)],
    epochs: 20,
  },
  {
    title: "Serious",
    words: "Two recurrent layers. Learns long patterns, slowly.",
    layers: [recurrent(32, "lstm"), recurrent(16, "lstm"), dense(16)],
    epochs: 25,
  },
];
const TEXTS: Preset[] = [
  {
    title: "No hidden layer",
    words: "The mean of what each word says by itself, in any order. Quick, and often good enough.",
    layers: [embedding(8), pooling("average")],
    epochs: 30,
  },
  {
    title: "First steps",
    words: "The mean of all words, then one layer for what they say together.",
    layers: [embedding(16), pooling("average", 0.2), dense(16)],
    epochs: 25,
  },
  {
    title: "Steady",
    words: "A convolution finds short turns of words, such as “not good”, wherever they stand.",
    layers: [embedding(16, 0.2), convolution(32, false), pooling("max", 0.2)],
    epochs: 15,
  },
  {
    title: "Serious",
    words: "A recurrent layer reads word after word, in their order. Needs thousands of rows, and takes much longer.",
    layers: [embedding(32, 0.2), recurrent(24), dense(16, 0.2)],
    epochs: 15,
  },
];

/** Those for examples of a shape, or for texts; the second is where one begins. */
export function presets(shape: number[], text = false): Preset[] {
  if (text) return TEXTS;
  if (shape.length === 3) return PICTURES;
  return shape.length === 2 ? SERIES : COLUMNS;
}
