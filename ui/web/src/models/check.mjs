// Loads converted models and runs each once: one JSON object a line in, one out. All it may read is the models' folder.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import "@tensorflow/tfjs-backend-cpu";
import * as core from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as layersApi from "@tensorflow/tfjs-layers";
import { register } from "./reset_after_gru.mjs";

// Sizes for what a model takes in any size: small ones first, since a convolution may need some room.
// JSON has no infinity.
const DIFFERENT = 1e300;
const SIZES = [4, 16, 64, 256];
const tf = { ...core, ...layersApi };

const artifacts = (folder) => {
  const { modelTopology, weightsManifest, format, signature } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
  const weightData = weightsManifest.flatMap(({ paths }) => paths).map((path) => {
    const bytes = readFileSync(join(folder, path));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  });
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return { modelTopology, weightSpecs, weightData, format, signature };
};

const zeros = ({ shape, dtype }, size) => {
  const sizes = (shape ?? []).map((axis, place) => (axis === null || axis < 0 ? (place ? size : 1) : axis));
  return tf.zeros(sizes, dtype === "int32" || dtype === "bool" ? dtype : "float32");
};

const array = (value) => (Array.isArray(value) ? value : [value]);

/** Predicts for zeros, in the smallest size that works. */
async function tried(model, predict) {
  const open = model.inputs.some(({ shape }) => shape?.slice(1).some((axis) => axis === null || axis < 0));
  for (const size of open ? SIZES : [1]) {
    try {
      return array(await predict(model.inputs.map((input) => zeros(input, size))));
    } catch (error) {
      if (!open || size === SIZES.at(-1)) throw error;
    }
  }
}

/** The largest difference from recorded outputs, each held against 1 or its own size. */
async function difference(model, predict, { inputs, outputs }) {
  const given = model.inputs.map(({ name, dtype }, place) => tf.tensor(Array.isArray(inputs) ? inputs[place] : inputs[name], undefined, dtype));
  let largest = 0;
  const made = array(await predict(given));
  if (made.length !== outputs.length) return DIFFERENT;
  for (const [place, output] of made.entries()) {
    const wanted = tf.tensor(outputs[place], undefined, "float32");
    if (wanted.size !== output.size || wanted.shape.join() !== output.shape.join()) return DIFFERENT;
    const off = tf.max(tf.div(tf.abs(tf.sub(tf.cast(output, "float32"), wanted)), tf.maximum(1, tf.abs(wanted))));
    const [found] = await off.data();
    largest = found <= largest ? largest : found;
    if (Number.isNaN(found)) return DIFFERENT;
  }
  return largest;
}

const shapeOf = (layer) => {
  try {
    const shape = layer.outputShape;
    return Array.isArray(shape[0]) ? shape[0] : shape;
  } catch {
    return null;
  }
};

function* shapes(layers) {
  for (const layer of layers) {
    yield [layer.name, shapeOf(layer)];
    yield* shapes(layer.layers ?? layer.layer?.layers ?? []);
  }
}

/** The shape that a graph's signature says of an output, where the operation itself has none. */
const signed = (signature, name) => {
  const found = Object.values(signature?.outputs ?? {}).find((output) => output.name?.split(":")[0] === name);
  return found?.tensorShape?.dim?.map(({ size }) => (Number(size) < 0 ? null : Number(size)));
};

const tensor = ({ name, shape, dtype }) => ({ name, shape: shape ?? [], dtype: dtype ?? "float32" });

async function checked({ folder, recorded }) {
  const found = artifacts(folder);
  const isGraph = found.format === "graph-model";
  const handler = { load: async () => found };
  const model = isGraph ? await loadGraphModel(handler) : await tf.loadLayersModel(handler);
  const predict = (given) => (isGraph ? model.executeAsync(given) : model.predict(given));
  await tried(model, predict);
  return {
    inputs: model.inputs.map(tensor),
    outputs: model.outputs.map((output, place) =>
      isGraph ? tensor({ ...output, shape: output.shape ?? signed(found.signature, output.name) }) : { ...tensor(output), name: model.outputNames[place] }),
    shapes: Object.fromEntries(isGraph ? model.inputs.map(({ name, shape }) => [name, shape ?? null]) : shapes(model.layers)),
    difference: recorded ? await difference(model, predict, recorded) : null,
  };
}

// What a library says must not stand between the answers and who reads them.
console.warn = console.log = console.info = console.error;

async function answered(question) {
  try {
    return await checked(JSON.parse(question));
  } catch (error) {
    return { error: String(error?.message ?? error).slice(0, 1000) };
  }
}

await tf.setBackend("cpu");
register(tf);
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answered(line))}\n`);
}
