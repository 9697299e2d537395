/** Cells that build and train the network in a notebook, with Keras. */
import { stages, type Activation, type Initialiser, type Layer, type Output } from "../network/layers.ts";
import type { Options, Optimiser } from "../network/options.ts";
import { Problem } from "../problem.ts";
import { code, type Cell } from "./cells.ts";

const INITIALISERS: Record<Initialiser, string> = {
  heNormal: "he_normal",
  glorotUniform: "glorot_uniform",
  randomNormal: "random_normal",
  zeros: "zeros",
};
const OPTIMISERS: Record<Optimiser, (rate: number) => string> = {
  adam: (rate) => `Adam(${rate})`,
  sgd: (rate) => `SGD(${rate})`,
  momentum: (rate) => `SGD(${rate}, momentum=0.9)`,
  rmsprop: (rate) => `RMSprop(${rate})`,
};

export interface Built {
  layers: Layer[];
  shape: number[];
  /** How many different numbers words have, where examples are texts; else 0. */
  words: number;
  output: Output;
  options: Options;
  seed: number;
}

export function network(built: Built): Cell {
  const { layers, words, output, options } = built;
  const made = layers.flatMap((layer, index) => lines(layer, reaching(built, index), layers[index + 1]));
  const last = reaching(built, layers.length).length > 1 ? ["Flatten()"] : [];
  const units = output.activation === "linear" ? "1" : "len(CLASSES)";
  const all = [...made, ...last, `Dense(${units}, activation="${output.activation}", name="output")`];
  const numbers = output.activation === "linear";
  return code(
    "network",
    `
import keras

keras.utils.set_random_seed(SEED)
network = keras.Sequential(
    [
        keras.Input(x.shape[1:]${words ? ', dtype="int32"' : ""}),
${all.map((line) => `        keras.layers.${line},`).join("\n")}
    ]
)
network.compile(
    optimizer=keras.optimizers.${OPTIMISERS[options.optimiser](options.rate)},
    loss="${numbers ? "mean_squared_error" : "categorical_crossentropy"}",
    metrics=["${numbers ? "mae" : "accuracy"}"],
)
network.summary()`,
  );
}

/** The shape of what reaches a layer. */
function reaching({ layers, shape, output, words }: Built, index: number): number[] {
  const before = stages(layers, shape, output, words).filter((stage) => stage.layer >= 0 && stage.layer < index);
  return before.length ? before[before.length - 1].shape : shape;
}

function lines(layer: Layer, shape: number[], next?: Layer): string[] {
  const silenced = layer.dropout > 0 ? [`Dropout(${layer.dropout})`] : [];
  switch (layer.kind) {
    case "dense":
      return [
        ...(shape.length > 1 ? ["Flatten()"] : []),
        `Dense(${layer.units}, ${usual(layer.activation, layer.initialiser)})`,
        ...silenced,
      ];
    case "convolution": {
      const sides = shape.length - 1;
      const how = `padding="same", ${usual(layer.activation, layer.initialiser)}`;
      return [
        `Conv${sides}D(${layer.filters}, ${layer.size}, ${how})`,
        ...(layer.pool ? [`MaxPooling${sides}D(2)`] : []),
        ...silenced,
      ];
    }
    case "embedding":
      return [`Embedding(len(VOCABULARY) + 2, ${layer.units})`, ...silenced];
    case "pooling":
      return [layer.how === "max" ? "GlobalMaxPooling1D()" : "GlobalAveragePooling1D()", ...silenced];
    case "recurrent":
      return [`${recurrent(layer, next?.kind === "recurrent")}`, ...silenced];
    default:
      throw new Problem(
        `A layer of the kind “${(layer as { kind: string }).kind}” cannot be written as a notebook.`,
        "Take it out of the network in step 3, or download the network as it is.",
      );
  }
}

function usual(activation: Activation, initialiser: Initialiser): string {
  return `activation="${activation}", kernel_initializer="${INITIALISERS[initialiser]}"`;
}

function recurrent(layer: Extract<Layer, { kind: "recurrent" }>, sequences: boolean): string {
  const name = { gru: "GRU", lstm: "LSTM", simple: "SimpleRNN" }[layer.cell];
  // TensorFlow.js knows the older form alone.
  const form = layer.cell === "gru" ? ", reset_after=False" : "";
  return `${name}(${layer.units}${sequences ? ", return_sequences=True" : ""}${form})`;
}

/** How training went on in the browser, as far as Keras is to do the same. */
export interface Course {
  epochs: number;
  /** Whether the weights of the best epoch were taken in the end. */
  best: boolean;
  weighed: boolean;
}

export function training({ options }: Built, course: Course): Cell {
  const patience = options.patience || course.epochs;
  const stops = options.patience > 0 || course.best;
  const weights = `
# Rarer classes count more, so that all count alike.
counts = y[train].sum(axis=0)
weights = {place: len(train) / (len(CLASSES) * max(count, 1)) for place, count in enumerate(counts)}
`;
  const ends = options.patience
    ? `Training ends when ${patience} epochs in a row brought nothing better.`
    : "Training goes through all epochs.";
  const stopping = `
# ${ends}${course.best ? " The best epoch counts." : ""}
stopping = keras.callbacks.EarlyStopping(
    monitor="val_loss", patience=${patience}, restore_best_weights=${course.best ? "True" : "False"}
)
`;
  return code(
    "training",
    `${course.weighed ? weights : ""}${stops ? stopping : ""}
history = network.fit(
    x[train],
    y[train],
    validation_data=(x[validation], y[validation]),
    batch_size=${options.batch},
    epochs=${course.epochs},${course.weighed ? "\n    class_weight=weights," : ""}${stops ? "\n    callbacks=[stopping]," : ""}
    verbose=0,
)
print(f"{len(history.epoch)} epochs")`,
  );
}

export function curves(numbers: boolean): Cell {
  return code(
    "curves",
    `
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(10, 3))
for axis, name in zip(axes, ["loss", "${numbers ? "mae" : "accuracy"}"]):
    axis.plot(history.history[name], label="training")
    axis.plot(history.history[f"val_{name}"], label="validation")
    axis.set(xlabel="epoch", ylabel=name)
    axis.legend()`,
  );
}

