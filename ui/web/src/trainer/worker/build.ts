/** Makes a TensorFlow.js model of a network as it is described. */
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { stages, type Layer } from "../network/layers.ts";
import type { Optimiser } from "../network/options.ts";
import type { Plan } from "./protocol.ts";

type Made = layers.layers.Layer;

const OPTIMISERS: Record<Optimiser, (rate: number) => tf.Optimizer> = {
  adam: (rate) => tf.train.adam(rate),
  sgd: (rate) => tf.train.sgd(rate),
  momentum: (rate) => tf.train.momentum(rate, 0.9),
  rmsprop: (rate) => tf.train.rmsprop(rate),
};

function dropout(rate: number, name: string): Made[] {
  return rate > 0 ? [layers.layers.dropout({ rate, name: `${name}_dropout` })] : [];
}

function convolved(layer: Extract<Layer, { kind: "convolution" }>, sides: number, name: string): Made[] {
  const shared = {
    name,
    filters: layer.filters,
    kernelSize: layer.size,
    padding: "same" as const,
    activation: layer.activation,
    kernelInitializer: layer.initialiser,
  };
  const made = sides === 2 ? layers.layers.conv2d(shared) : layers.layers.conv1d(shared);
  if (!layer.pool) return [made];
  return [
    made,
    sides === 2
      ? layers.layers.maxPooling2d({ name: `${name}_pooling`, poolSize: 2 })
      : layers.layers.maxPooling1d({ name: `${name}_pooling`, poolSize: 2 }),
  ];
}

function recurrent(layer: Extract<Layer, { kind: "recurrent" }>, returnSequences: boolean, name: string): Made {
  const shared = { name, units: layer.units, returnSequences };
  if (layer.cell === "lstm") return layers.layers.lstm(shared);
  return layer.cell === "gru" ? layers.layers.gru(shared) : layers.layers.simpleRNN(shared);
}

function pooled(how: "average" | "max", name: string): Made {
  return how === "max" ? layers.layers.globalMaxPooling1d({ name }) : layers.layers.globalAveragePooling1d({ name });
}

/** The layers of TensorFlow.js for one of the person's; `rank` is how many lengths what reaches it has. */
function made(layer: Layer, rank: number, name: string, words: number, next?: Layer): Made[] {
  const silenced = dropout(layer.dropout, name);
  if (layer.kind === "embedding")
    return [layers.layers.embedding({ name, inputDim: words, outputDim: layer.units }), ...silenced];
  if (layer.kind === "pooling") return [pooled(layer.how, name), ...silenced];
  if (layer.kind === "convolution") return [...convolved(layer, rank - 1, name), ...silenced];
  if (layer.kind === "recurrent") return [recurrent(layer, next?.kind === "recurrent", name), ...silenced];
  const { units, activation } = layer;
  const dense = layers.layers.dense({ name, units, activation, kernelInitializer: layer.initialiser });
  return [...(rank > 1 ? [layers.layers.flatten({ name: `${name}_flatten` })] : []), dense, ...silenced];
}

/** Ready to learn what the job is about. */
export function compiled<M extends layers.LayersModel>(network: M, job: Plan): M {
  const [loss, metric] = measured(job);
  network.compile({ optimizer: OPTIMISERS[job.options.optimiser](job.options.rate), loss, metrics: [metric] });
  return network;
}

function measured({ output, given }: Plan): [loss: string, metric: string] {
  if (output.activation === "linear") return ["meanSquaredError", "mae"];
  return given?.binary ? ["binaryCrossentropy", "binaryAccuracy"] : ["categoricalCrossentropy", "categoricalAccuracy"];
}

export function model(job: Plan): layers.Sequential {
  // Whoever described it checked it; what does not fit is told in the same words here.
  stages(job.layers, job.shape, job.output, job.words);
  const network = layers.sequential();
  network.add(layers.layers.inputLayer({ inputShape: job.shape }));
  job.layers.forEach((layer, index) => {
    const rank = network.outputs[0].shape.length - 1;
    for (const one of made(layer, rank, `layer_${index + 1}`, job.words, job.layers[index + 1]))
      network.add(one);
  });
  if (network.outputs[0].shape.length > 2) network.add(layers.layers.flatten({ name: "flatten" }));
  network.add(layers.layers.dense({ name: "output", units: job.output.units, activation: job.output.activation }));
  return compiled(network, job);
}
