// Loads converted models and runs each once: one JSON object a line in, one out. All it may read is the models' folder.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import "@tensorflow/tfjs-backend-cpu";
import { compared } from "./compare.mjs";
import { array, inSomeSize, opened, shaped, tf } from "./opened.mjs";
import { register } from "./reset_after_gru.mjs";

// JSON has no infinity.
const DIFFERENT = 1e300;

const zeros = (input, size) => tf.zeros(shaped(input, size), input.dtype === "int32" || input.dtype === "bool" ? input.dtype : "float32");

/** The largest difference from recorded outputs, each held against 1 or its own size. */
async function difference(model, predict, { inputs, outputs }) {
  const given = model.inputs.map(({ name, dtype }, place) => tf.tensor(Array.isArray(inputs) ? inputs[place] : inputs[name], undefined, dtype));
  let largest = 0;
  const made = await predict(given);
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

const within = (folder) => (path) => readFileSync(join(folder, path));

async function checked({ folder, recorded }) {
  const { model, isGraph, predict, signature } = await opened(within(folder));
  await inSomeSize(model, (size) => predict(model.inputs.map((input) => zeros(input, size))));
  return {
    inputs: model.inputs.map(tensor),
    outputs: model.outputs.map((output, place) =>
      isGraph ? tensor({ ...output, shape: output.shape ?? signed(signature, output.name) }) : { ...tensor(output), name: model.outputNames[place] }),
    shapes: Object.fromEntries(isGraph ? model.inputs.map(({ name, shape }) => [name, shape ?? null]) : shapes(model.layers)),
    difference: recorded ? await difference(model, predict, recorded) : null,
  };
}

/** `files` are those of the model that a variant in `folder` was made of. */
async function differing({ folder, files, seconds }) {
  return compared(await opened(within(folder)), await opened((path) => readFileSync(files[path])), seconds);
}

// What a library says must not stand between the answers and who reads them.
console.warn = console.log = console.info = console.error;

async function answered(question) {
  try {
    const asked = JSON.parse(question);
    return await (asked.files ? differing(asked) : checked(asked));
  } catch (error) {
    return { error: String(error?.message ?? error).slice(0, 1000) };
  }
}

await tf.setBackend("cpu");
register(tf);
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answered(line))}\n`);
}
