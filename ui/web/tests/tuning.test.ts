import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";
import type { Files, Tuning } from "../src/trainer/given/about.ts";
import type { Job } from "../src/trainer/worker/protocol.ts";

const skip = existsSync(new URL("../node_modules/@tensorflow", import.meta.url))
  ? false
  : "npm packages are not installed";

async function prepared() {
  const tf = await import("@tensorflow/tfjs-core");
  const api = await import("@tensorflow/tfjs-layers");
  await import("@tensorflow/tfjs-backend-cpu");
  await tf.setBackend("cpu");
  const given = await import("../src/trainer/worker/given.ts");
  const { Training } = await import("../src/trainer/worker/training.ts");
  return { tf, api, given, Training };
}

type Parts = Awaited<ReturnType<typeof prepared>>;
type Model = import("@tensorflow/tfjs-layers").LayersModel;

async function filesOf({ tf }: Parts, model: Model): Promise<Files> {
  let files: Files | null = null;
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const data = tf.io.concatenateArrayBuffers([weightData as ArrayBuffer]);
      files = { topology: modelTopology, specs: weightSpecs as unknown[], data };
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    }),
  );
  return files!;
}

/** Four numbers, normalized, to one of two that sum up to 1; or to what `last` says. */
function network({ api: { layers, sequential } }: Parts, last: object): Model {
  const model = sequential();
  model.add(layers.dense({ units: 6, activation: "relu", inputShape: [4], name: "first" }));
  model.add(layers.batchNormalization({ name: "normal" }));
  model.add(layers.dense({ name: "last", ...last } as never));
  return model;
}

function job(files: Files, classes: number, more: Partial<Tuning>): Job {
  const count = 40;
  const kind = (row: number): number => row % classes;
  const x = Float32Array.from({ length: count * 4 }, (_, at) => (at % 4 === kind(at >> 2) ? 2 : 0) + (at % 7) / 20);
  const y = new Float32Array(count * classes);
  for (let row = 0; row < count; row++) y[row * classes + kind(row)] = 1;
  const given = { files, tune: true, fixed: 0, fresh: false, binary: false, softmax: false, convolves: false, ...more };
  return {
    seed: 1,
    shape: [4],
    words: 0,
    layers: [],
    given,
    output: { units: classes, activation: "softmax" },
    options: { optimiser: "adam", rate: 0.05, batch: 8, epochs: 12, patience: 0, weighed: false },
    weights: null,
    train: { x, y, count },
    validation: { x, y, count },
  };
}

async function trained(parts: Parts, work: Job) {
  const model = await parts.given.tuned(work);
  const training = new parts.Training(model, work, () => undefined);
  const before = await training.weights();
  await training.run();
  return { model, training, before, after: await training.weights() };
}

function right(said: Float32Array, { train: { y, count } }: Job): number {
  const size = y.length / count;
  const top = (of: Float32Array, row: number): number =>
    of.subarray(row * size, row * size + size).indexOf(Math.max(...of.subarray(row * size, row * size + size)));
  return (
    Array.from({ length: count }, (_, row) => (top(said, row) === top(y, row) ? 1 : 0) as number).reduce(
      (a, b) => a + b,
    ) / count
  );
}

test("what a model is, is found out", { skip }, async () => {
  const parts = await prepared();
  const about = await parts.given.look(await filesOf(parts, network(parts, { units: 2, activation: "softmax" })));
  const { input, output, ends, head, replaceable, convolves, looksUp } = about;
  assert.deepEqual([input, output, ends, head, replaceable], [[4], [2], "softmax", 2, true]);
  assert.deepEqual([about.inputs, about.outputs, convolves, looksUp], [1, 1, false, false]);
  assert.deepEqual(
    about.parts.map(({ name, parameters }) => [name, parameters]),
    [
      ["first", 30],
      ["normal", 24],
      ["last", 14],
    ],
  );
});

test(
  "fixed layers stay as they are, what they know of batches too, and a new last layer learns",
  { skip },
  async () => {
    const parts = await prepared();
    const files = await filesOf(parts, network(parts, { units: 2, activation: "softmax" }));
    const work = job(files, 3, { fixed: 2, fresh: true });
    const { training, before, after } = await trained(parts, work);
    const moved = before.filter(({ values }, at) => values.some((value, index) => value !== after[at].values[index]));
    assert.deepEqual(
      moved.map(({ name }) => name.split("/")[0]),
      ["output", "output"],
    );
    assert.ok(right(await training.predict(work.train.x, work.train.count), work) > 0.8);
    const free = await trained(parts, job(files, 2, {}));
    const names = free.before.filter(({ values }, at) =>
      values.some((value, index) => value !== free.after[at].values[index]),
    );
    assert.equal(names.length, 8);
  },
);

test("a model that was saved for some number of rows takes any", { skip }, async () => {
  const parts = await prepared();
  const model = parts.api.sequential();
  model.add(parts.api.layers.dense({ units: 2, activation: "softmax", batchInputShape: [25, 4] }));
  const work = job(await filesOf(parts, model), 2, {});
  const { training } = await trained(parts, work);
  assert.equal((await training.predict(work.train.x, work.train.count)).length, 80);
});

test("a series of any length gets a last layer for the mean of its steps", { skip }, async () => {
  const parts = await prepared();
  const model = parts.api.sequential();
  const { dense, timeDistributed } = parts.api.layers;
  model.add(timeDistributed({ layer: dense({ units: 5, activation: "tanh" }), inputShape: [null, 1] } as never));
  model.add(timeDistributed({ layer: dense({ units: 2 }), name: "last" } as never));
  const files = await filesOf(parts, model);
  assert.deepEqual((await parts.given.look(files)).output, [null, 2]);
  const work = { ...job(files, 2, { fresh: true }), shape: [4, 1] };
  const { training } = await trained(parts, work);
  assert.equal((await training.predict(work.train.x, work.train.count)).length, 80);
});

test("one probability learns two classes, and numbers become shares", { skip }, async () => {
  const parts = await prepared();
  const one = job(await filesOf(parts, network(parts, { units: 1, activation: "sigmoid" })), 2, { binary: true });
  const { training } = await trained(parts, one);
  const said = await training.predict(one.train.x, one.train.count);
  assert.equal(said.length, 80);
  assert.ok(Math.abs(said[0] + said[1] - 1) < 1e-6);
  assert.ok(right(said, one) > 0.9);
  const plain = job(await filesOf(parts, network(parts, { units: 2, activation: "linear" })), 2, { softmax: true });
  const shares = await (await trained(parts, plain)).training.predict(plain.train.x, plain.train.count);
  assert.ok(Math.abs(shares[0] + shares[1] - 1) < 1e-6);
  assert.ok(right(shares, plain) > 0.9);
});

test("what each layer says of an example is what it is made of", { skip }, async () => {
  const parts = await prepared();
  const work = job(await filesOf(parts, network(parts, { units: 2, activation: "softmax" })), 2, {});
  const { training } = await trained(parts, work);
  const x = work.train.x.slice(0, 4);
  const layers = await training.activations(x);
  assert.deepEqual(
    layers.map(({ name, shape }) => [name, shape]),
    [
      ["first", [6]],
      ["normal", [6]],
      ["last", [2]],
    ],
  );
  const [first] = await training.predict(x, 1);
  assert.ok(Math.abs(layers[2].values[0] - first) < 1e-6);
});
