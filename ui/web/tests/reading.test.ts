import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";

import { encodeText } from "../src/trainer/data/vocabulary.ts";
import { fresh, type Layer } from "../src/trainer/network/layers.ts";
import type { Job } from "../src/trainer/worker/protocol.ts";

const skip = existsSync(new URL("../node_modules/@tensorflow", import.meta.url))
  ? false
  : "npm packages are not installed";
const TEXT = { name: "t", index: 0, vocabulary: ["it", "is", "good", "bad", "very"], length: 6 };

/** What is good is of the second class, what is bad of the first. */
function job(layers: Job["layers"]): Job {
  const count = 48;
  const x = new Float32Array(count * TEXT.length);
  const y = new Float32Array(count * 2);
  for (let row = 0; row < count; row++) {
    const said = `it is ${row % 3 ? "very " : ""}${row % 2 ? "good" : "bad"} thing${row}`;
    x.set(encodeText(TEXT, said).x, row * TEXT.length);
    y[row * 2 + (row % 2)] = 1;
  }
  return {
    seed: 1,
    shape: [TEXT.length],
    words: 7,
    layers,
    output: { units: 2, activation: "softmax" },
    options: { optimiser: "adam", rate: 0.02, batch: 8, epochs: 12, patience: 0, weighed: false },
    weights: null,
    train: { x, y, count },
    validation: { x, y, count },
  };
}

const embedding = { ...fresh("embedding"), units: 6 } as Layer;
const convolution = { ...fresh("convolution"), filters: 6, pool: false } as Layer;
const largest = { ...fresh("pooling"), how: "max" } as Layer;
const NETWORKS: [what: string, layers: Layer[]][] = [
  ["the mean of an embedding", [embedding, fresh("pooling")]],
  ["the largest of a convolution", [embedding, convolution, largest]],
  ["an embedding laid flat", [embedding, fresh("dense")]],
];

for (const [what, layers] of NETWORKS) {
  test(`${what} learns words in plain JavaScript`, { skip }, async () => {
    const tf = await import("@tensorflow/tfjs-core");
    await import("../src/trainer/worker/cpu.ts");
    await tf.setBackend("cpu");
    const { model } = await import("../src/trainer/worker/build.ts");
    const { Training } = await import("../src/trainer/worker/training.ts");
    const what = job(layers);
    const scores: number[] = [];
    const training = new Training(model(what), what, (said) => {
      if (said.say === "epoch") scores.push(said.epoch.validationScore);
    });
    await training.run();
    training.dispose();
    assert.equal(Math.max(...scores), 1);
  });
}
