import assert from "node:assert/strict";
import test from "node:test";

import { blockOf, rowsOf } from "../src/community/blocks.ts";
import { bytesOf, checkpointOf, type Checkpoint } from "../src/community/checkpoints.ts";
import type { Spec } from "../src/community/shapes.ts";
import type { Layer } from "../src/trainer/network/layers.ts";
import { RATES, type Optimiser } from "../src/trainer/network/options.ts";
import type { Rows } from "../src/trainer/worker/protocol.ts";
import { bundled, skip } from "./bundled.ts";

type Parts = typeof import("../src/community/slices.ts") &
  typeof import("../src/trainer/worker/backend.ts") &
  typeof import("../src/trainer/worker/gate.ts") & { tf: typeof import("@tensorflow/tfjs-core") };

const { trained, use, Gate, tf } = skip
  ? ({} as Parts)
  : await bundled<Parts>(`
      import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
      export * from "./src/community/slices.ts";
      export * from "./src/trainer/worker/backend.ts";
      export * from "./src/trainer/worker/gate.ts";
      export * as tf from "@tensorflow/tfjs-core";
    `);

const EPOCHS = 5;
const COUNT = 27;
const OPTIMISERS: [optimiser: Optimiser, bound: number][] = [
  ["sgd", 1e-5],
  ["momentum", 1e-5],
  ["rmsprop", 1e-5],
  ["adam", 1e-4],
];
const dense: Layer = { kind: "dense", units: 6, activation: "relu", initialiser: "heNormal", dropout: 0.2 };
const NETWORKS: [what: string, shape: number[], words: number, layers: Layer[]][] = [
  ["dense", [4], 0, [dense]],
  [
    "convolution",
    [6, 6, 1],
    0,
    [
      {
        kind: "convolution",
        filters: 4,
        size: 3,
        pool: true,
        activation: "relu",
        initialiser: "heNormal",
        dropout: 0.1,
      },
      dense,
    ],
  ],
  [
    "recurrent",
    [7],
    12,
    [
      { kind: "embedding", units: 4, dropout: 0.1 },
      { kind: "recurrent", cell: "gru", units: 5, dropout: 0 },
    ],
  ],
];

function specOf(optimiser: Optimiser, [, shape, words, layers]: (typeof NETWORKS)[number]): Spec {
  const options = { optimiser, rate: RATES[optimiser], batch: 8, epochs: EPOCHS, weighed: true };
  const output = { units: 3, activation: "softmax" } as const;
  return { seed: 7, shape, words, layers, output, options, weights: [1, 2, 0.5], rows: COUNT };
}

function rows({ shape, words }: Spec): Rows {
  const size = shape.reduce((all, length) => all * length, 1);
  const x = Float32Array.from({ length: COUNT * size }, (_, at) => {
    const [row, place] = [Math.floor(at / size), at % size];
    const turn = (row * 7 + place * (1 + (row % 3)) * 5) % 12;
    return words ? turn : turn / 6 - 1;
  });
  const y = new Float32Array(COUNT * 3);
  for (let row = 0; row < COUNT; row++) y[row * 3 + (row % 3)] = 1;
  return { x, y, count: COUNT };
}

/** The whole training in slices of so many epochs, each from the bytes that the one before came to. */
async function inSlices(spec: Spec, every: number): Promise<Checkpoint> {
  let bytes: Uint8Array | null = null;
  for (let from = 0; from < EPOCHS; from += every) {
    // Whoever did the slice before used up other chance meanwhile.
    Math.random();
    const start: Checkpoint | null = bytes && checkpointOf(bytes);
    const work = { spec, rows: rows(spec), start, from, to: Math.min(EPOCHS, from + every) };
    bytes = bytesOf((await trained(work, new Gate(), () => undefined))!);
  }
  return checkpointOf(bytes!);
}

/** By how much two checkpoints differ, in any of their numbers. */
function apart(one: Checkpoint, other: Checkpoint): number {
  const all = ({ weights, optimizer }: Checkpoint) => [...weights, ...optimizer].flatMap(({ values }) => [...values]);
  const others = all(other);
  return Math.max(...all(one).map((value, at) => Math.abs(value - others[at])));
}

const on = (name: "cpu" | "wasm"): Promise<void> => use({ name, title: name });

for (const network of NETWORKS)
  for (const [optimiser, bound] of OPTIMISERS)
    test(`${network[0]} with ${optimiser} comes to the same in slices`, { skip }, async (told) => {
      await on("cpu");
      const spec = specOf(optimiser, network);
      const whole = await inSlices(spec, EPOCHS);
      const before = tf.memory().numTensors;
      assert.equal(whole.optimizer[0].values[0], EPOCHS * Math.ceil(COUNT / 8));
      assert.equal(whole.epoch, EPOCHS);
      for (const every of [1, 3]) {
        const sliced = await inSlices(spec, every);
        assert.ok(apart(whole, sliced) <= bound, `${apart(whole, sliced)}`);
        assert.ok(Math.abs(whole.claim.loss! - sliced.claim.loss!) <= bound);
      }
      // Momentum's own rate is left by TensorFlow.js, once a slice.
      assert.ok(tf.memory().numTensors - before <= 8, "tensors are left behind");
      await on("wasm");
      const elsewhere = apart(whole, await inSlices(spec, 2));
      told.diagnostic(`WebAssembly and JavaScript differ by ${elsewhere}`);
      assert.ok(elsewhere <= 10 * bound, `${elsewhere}`);
    });

test("the same slice with another seed, or another start, is another", { skip }, async () => {
  await on("cpu");
  const spec = specOf("sgd", NETWORKS[0]);
  const whole = await inSlices(spec, EPOCHS);
  assert.ok(apart(whole, await inSlices({ ...spec, seed: 8 }, EPOCHS)) > 0.01);
});

test("a checkpoint of another network is refused", { skip }, async () => {
  await on("cpu");
  const spec = specOf("adam", NETWORKS[0]);
  const start = await inSlices(specOf("sgd", NETWORKS[0]), EPOCHS);
  const other = await inSlices(specOf("adam", NETWORKS[2]), EPOCHS);
  for (const wrong of [other, { ...start, optimizer: other.optimizer }]) {
    const work = { spec, rows: rows(spec), start: wrong, from: EPOCHS, to: EPOCHS + 1 };
    await assert.rejects(trained(work, new Gate(), () => undefined));
  }
});

for (const backend of ["cpu", "wasm"] as const)
  for (const activation of ["linear", "softmax"] as const)
    test(`training to ${activation} that diverges says so with null on ${backend}`, { skip }, async () => {
      await on(backend);
      const base = specOf("momentum", NETWORKS[0]);
      const spec: Spec = { ...base, output: { units: 3, activation }, options: { ...base.options, rate: 1e38 } };
      const work = { spec, rows: rows(spec), start: null, from: 0, to: EPOCHS };
      const made = checkpointOf(bytesOf((await trained(work, new Gate(), () => undefined))!));
      assert.equal(made.claim.loss, null);
      assert.equal(made.curve.at(-1)!.loss, null);
      assert.equal(made.epoch, made.curve.length);
    });

test("a slice that is stopped comes to nothing", { skip }, async () => {
  await on("cpu");
  const spec = specOf("sgd", NETWORKS[0]);
  const gate = new Gate();
  const work = { spec, rows: rows(spec), start: null, from: 0, to: EPOCHS };
  assert.equal(await trained(work, gate, ({ epoch }) => epoch === 2 && gate.stop()), null);
});

test("rows travel as they are, and only those of the shape that is asked for are taken", () => {
  const spec = specOf("sgd", NETWORKS[1]);
  const block = blockOf(rows(spec), spec.shape);
  assert.equal(block.length % 4, 0);
  assert.deepEqual(rowsOf(block, spec.shape, 3), rows(spec));
  assert.throws(() => rowsOf(block, [36], 3), /shape/);
  assert.throws(() => rowsOf(block, spec.shape, 2), /shape/);
  assert.throws(() => rowsOf(block.subarray(0, block.length - 4), spec.shape, 3), /numbers/);
  assert.throws(() => rowsOf(block.subarray(0, 3), spec.shape, 3), /not mlabs-rows/);
  assert.throws(() => checkpointOf(block), /not mlabs-checkpoint/);
});
