// Models in memory on Node.js, and inputs for them.
import * as core from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as layersApi from "@tensorflow/tfjs-layers";

export const tf = { ...core, ...layersApi };
// Sizes for what a model takes in any size: small ones first, since a convolution may need some room.
const SIZES = [4, 16, 64, 256];

const artifacts = (read) => {
  const { modelTopology, weightsManifest, format, signature } = JSON.parse(read("model.json"));
  const weightData = weightsManifest.flatMap(({ paths }) => paths).map((path) => {
    const bytes = read(path);
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  });
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return { modelTopology, weightSpecs, weightData, format, signature };
};

export const array = (value) => (Array.isArray(value) ? value : [value]);

/** A model, whether it is a graph, and what has it predict; `read` gives the bytes of a file of it. */
export async function opened(read) {
  const found = artifacts(read);
  const isGraph = found.format === "graph-model";
  const handler = { load: async () => found };
  const model = isGraph ? await loadGraphModel(handler) : await tf.loadLayersModel(handler);
  const predict = async (given) => array(await (isGraph ? model.executeAsync(given) : model.predict(given)));
  return { model, isGraph, predict, signature: found.signature };
}

const free = (axis) => axis === null || axis < 0;

/** The shape of one example of an input; what is free in it is of this size. */
export const shaped = ({ shape }, size) => (shape ?? []).map((axis, place) => (free(axis) ? (place ? size : 1) : axis));

/** What comes of work in the smallest size for which it can be done. */
export async function inSomeSize(model, work) {
  const open = model.inputs.some(({ shape }) => shape?.slice(1).some(free));
  for (const size of open ? SIZES : [1]) {
    try {
      return await work(size);
    } catch (error) {
      if (!open || size === SIZES.at(-1)) throw error;
    }
  }
}
