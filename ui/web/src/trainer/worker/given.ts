/** A model that was trained elsewhere: looks at it, and makes it ready to be trained further. */
import * as core from "@tensorflow/tfjs-core";
import * as api from "@tensorflow/tfjs-layers";
import type { About, Files, Part } from "../given/about.ts";
import { register } from "../../models/reset_after_gru.mjs";
import { compiled } from "./build.ts";
import type { Job } from "./protocol.ts";

type Model = api.LayersModel;
type Layer = api.layers.Layer;

register({ ...core, ...api });

/** The same for any number of examples at once: some models were saved for so many only. */
function unbound(topology: unknown): object {
  const bound = /^batch_(input_)?shape$/;
  const free = (name: string, value: unknown): unknown =>
    bound.test(name) && Array.isArray(value) ? [null, ...value.slice(1)] : value;
  return JSON.parse(JSON.stringify(topology), free);
}

function loaded({ topology, specs, data }: Files): Promise<Model> {
  const artifacts = { modelTopology: unbound(topology), weightSpecs: specs as never, weightData: data };
  return api.loadLayersModel({ load: async () => artifacts });
}

/** All layers, also those in models within the model. */
function* within(layers: Layer[]): Generator<Layer> {
  for (const layer of layers) {
    yield layer;
    yield* within((layer as unknown as Model).layers ?? []);
  }
}

function shapeOf(layer: Layer): Part["shape"] {
  try {
    const shape = layer.outputShape;
    return ((Array.isArray(shape[0]) ? shape[0] : shape) as Part["shape"])!.slice(1);
  } catch {
    // A layer that several parts of a model share has several shapes.
    return null;
  }
}

function ends(layer: Layer): About["ends"] {
  const kind = layer.getClassName();
  if (kind === "Softmax") return "softmax";
  if (!["Dense", "Activation"].includes(kind)) return "unknown";
  const { activation } = layer.getConfig();
  return (["softmax", "sigmoid", "linear"] as const).find((one) => one === activation) ?? "unknown";
}

/** The last layer that learned something. */
function headOf(model: Model): number {
  return model.layers.findLastIndex((layer) => layer.weights.length > 0);
}

function single(layer: Layer | undefined): boolean {
  if (!layer || (layer as unknown as Model).layers) return false;
  try {
    return !Array.isArray(layer.input);
  } catch {
    return false;
  }
}

function aboutOf(model: Model): About {
  const { inputs, outputs, layers } = model;
  const head = headOf(model);
  const all = [...within(layers)];
  return {
    inputs: inputs.length,
    outputs: outputs.length,
    input: inputs[0].shape.slice(1),
    output: outputs[0].shape.slice(1),
    ends: ends(layers[layers.length - 1]),
    parts: layers.map((layer) => ({
      name: layer.name,
      kind: layer.getClassName(),
      shape: shapeOf(layer),
      parameters: layer.countParams(),
    })),
    head,
    replaceable: single(layers[head]),
    convolves: all.some((layer) => /Conv/.test(layer.getClassName())),
    looksUp: all.some((layer) => layer.getClassName() === "Embedding"),
  };
}

export async function look(files: Files): Promise<About> {
  const model = await loaded(files);
  try {
    return aboutOf(model);
  } finally {
    model.dispose();
  }
}

function free(name: string, model: Model): string {
  const taken = new Set([...within(model.layers)].map((layer) => layer.name));
  while (taken.has(name)) name += "_new";
  return name;
}

/** As plain numbers; of what may be of any length, the mean. */
function flat(before: api.SymbolicTensor): api.SymbolicTensor {
  const { layers } = api;
  const open = before.shape.slice(1).includes(null);
  const mean = before.shape.length > 3 ? layers.globalAveragePooling2d : layers.globalAveragePooling1d;
  return (open ? mean({} as never) : layers.flatten()).apply(before) as api.SymbolicTensor;
}

/** With another last layer, or with what makes probabilities of its numbers, where that is asked for. */
function headed(model: Model, { given, output }: Job): Model {
  const { layers } = api;
  if (given!.fresh) {
    let before = model.layers[headOf(model)].input as api.SymbolicTensor;
    if (before.shape.length > 2) before = flat(before);
    const last = layers.dense({ ...output, name: free("output", model) });
    return api.model({ inputs: model.inputs, outputs: last.apply(before) as api.SymbolicTensor });
  }
  if (!given!.softmax) return model;
  const shares = layers.softmax({ name: free("softmax", model) });
  return api.model({ inputs: model.inputs, outputs: shares.apply(model.outputs[0]) as api.SymbolicTensor });
}

/** Layers that stay as they are; of batches they would else still learn the mean and the spread. */
function hold(layers: Layer[]): void {
  for (const layer of layers) layer.trainable = false;
  for (const layer of within(layers)) {
    if (layer.getClassName() !== "BatchNormalization") continue;
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: false });
  }
}

export async function tuned(job: Job): Promise<Model> {
  const model = await loaded(job.given!.files);
  const made = headed(model, job);
  hold(model.layers.slice(0, job.given!.fixed));
  return compiled(made, job);
}
