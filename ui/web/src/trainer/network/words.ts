/** Plain words for each choice, shown below it. */
import type { Activation, Initialiser, Layer, Pooling, Recurrent } from "./layers.ts";
import type { Optimiser } from "./options.ts";

export const KINDS: Record<Layer["kind"], [name: string, words: string]> = {
  dense: ["Dense", "Each unit looks at everything that comes in, and weighs it."],
  convolution: [
    "Convolution",
    "Each filter looks through a small window that slides over the whole, for one pattern wherever it is.",
  ],
  recurrent: ["Recurrent", "Reads one step after the other and remembers what came before."],
  embedding: [
    "Embedding",
    "Learns a point for each word: words that say the same for the answer come to lie close to one another.",
  ],
  pooling: ["Pooling", "Puts all steps together into one, so that texts become plain numbers."],
};

export const POOLINGS: Record<Pooling["how"], string> = {
  average: "mean: all words count alike, in any order. A good start.",
  max: "largest: what is said most strongly anywhere counts. Right after convolutions.",
};

export const ACTIVATIONS: Record<Activation, string> = {
  relu: "relu: lets what is above zero through. Quick, and right for most hidden layers.",
  elu: "elu: like relu, but soft below zero, so that no unit goes silent.",
  tanh: "tanh: presses everything between −1 and 1. Smooth; good for small networks.",
  sigmoid: "sigmoid: presses everything between 0 and 1. Learns slowly in deep networks.",
  linear: "linear: changes nothing. Layers that are all linear are no more than one.",
};

export const INITIALISERS: Record<Initialiser, string> = {
  heNormal: "He: small chance weights that suit relu and elu.",
  glorotUniform: "Glorot: small chance weights that suit tanh and sigmoid.",
  randomNormal: "Normal: chance weights of one size, whatever the layer's.",
  zeros: "Zeros: all units stay the same and learn nothing apart. To see why chance is needed.",
};

export const CELLS: Record<Recurrent["cell"], string> = {
  gru: "GRU: decides what to keep and what to forget. A good start.",
  lstm: "LSTM: a GRU with a memory of its own; for long series, slower.",
  simple: "Simple: mixes the last step with all before. Forgets soon.",
};

export const OPTIMISERS: Record<Optimiser, [name: string, words: string]> = {
  adam: ["Adam", "finds a pace of its own for each weight. Right for nearly everything."],
  sgd: ["Gradient descent", "goes straight downhill at one pace. The plain one, to learn how it works."],
  momentum: ["Momentum", "rolls downhill and gains speed, over small bumps."],
  rmsprop: ["RMSprop", "slows down where it is steep. Often used with recurrent layers."],
};

export const DROPOUT =
  "Dropout silences that share of units at each step, so that the network cannot learn rows by heart. 0 switches it off; 0.2 to 0.5 is usual.";
export const RATE =
  "How far each step goes. Too small: the curves hardly fall. Too large: they jump, or the loss becomes no number.";
export const BATCH = "How many rows are looked at before each step. Small batches take noisy steps, large ones fewer.";
export const EPOCHS = "How often all training rows are gone through.";
export const PATIENCE =
  "Stops when the validation loss has not improved for so many epochs: what is learned after that is often by heart. The best epoch counts then, not the last. 0 for never.";
export const SEED =
  "Decides all that is chance: which rows go where, the first weights, the order of rows. The same seed gives the same curves.";
