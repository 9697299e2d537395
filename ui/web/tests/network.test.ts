import assert from "node:assert/strict";
import test from "node:test";

import { allowed, fresh, parameters, stages, withNew, type Layer } from "../src/trainer/network/layers.ts";
import { batchFor, check, OPTIONS } from "../src/trainer/network/options.ts";
import { presets } from "../src/trainer/network/presets.ts";

const dense = (units: number): Layer => ({ ...fresh("dense"), units }) as Layer;
const OUTPUT = { units: 3, activation: "softmax" as const };

// Keras' own numbers, by hand.
const NETWORKS: [what: string, layers: Layer[], shape: number[], parameters: number][] = [
  ["nothing hidden", [], [4], 15],
  ["dense", [dense(16), dense(8)], [4], 80 + 136 + 27],
  [
    "convolution",
    [{ ...fresh("convolution"), filters: 8 } as Layer, dense(10)],
    [8, 8, 1],
    80 + (4 * 4 * 8 + 1) * 10 + 33,
  ],
  ["GRU", [{ kind: "recurrent", cell: "gru", units: 5, dropout: 0 }], [12, 1], 3 * 5 * (1 + 5 + 1) + 18],
  [
    "two LSTM",
    [
      { kind: "recurrent", cell: "lstm", units: 5, dropout: 0 },
      { kind: "recurrent", cell: "lstm", units: 2, dropout: 0 },
    ],
    [12, 1],
    4 * 5 * 7 + 4 * 2 * (5 + 2 + 1) + 9,
  ],
];

for (const [what, layers, shape, wanted] of NETWORKS) {
  test(`the parameters of ${what} are counted`, () => assert.equal(parameters(stages(layers, shape, OUTPUT)), wanted));
}

const UNFIT: [what: string, layers: Layer[], shape: number[], said: RegExp][] = [
  ["a convolution on plain numbers", [fresh("convolution")], [4], /needs a picture/],
  ["a recurrent layer on plain numbers", [dense(4), fresh("recurrent")], [4], /needs a series/],
  ["a window larger than the picture", [fresh("convolution"), fresh("convolution")], [4, 4, 1], /only 2 × 2/],
  ["too many parameters", [dense(4096), dense(4096)], [4], /more than a browser/],
];

for (const [what, layers, shape, said] of UNFIT) {
  test(`${what} is refused with a mend`, () => {
    assert.throws(
      () => stages(layers, shape, OUTPUT),
      (error: Error & { mend: string }) => said.test(error.message) && error.mend !== "",
    );
  });
}

// An embedding has a row for each word; 3 outputs of 8 numbers, with their biases.
const EMBEDDED: [what: string, layers: Layer[], parameters: number][] = [
  ["the mean of an embedding", [{ ...fresh("embedding"), units: 8 } as Layer, fresh("pooling")], 50 * 8 + 27],
  ["an embedding laid flat", [{ ...fresh("embedding"), units: 8 } as Layer], 50 * 8 + (12 * 8 + 1) * 3],
  [
    "a GRU after an embedding",
    [{ ...fresh("embedding"), units: 8 } as Layer, { kind: "recurrent", cell: "gru", units: 5, dropout: 0 }],
    50 * 8 + 3 * 5 * (8 + 5 + 1) + 18,
  ],
];

for (const [what, layers, wanted] of EMBEDDED) {
  test(`the parameters of ${what} are counted`, () =>
    assert.equal(parameters(stages(layers, [12], OUTPUT, 50)), wanted));
}

const UNREAD: [what: string, layers: Layer[], words: number, said: RegExp][] = [
  ["words without an embedding", [dense(4)], 50, /has to be an embedding/],
  ["an embedding of plain numbers", [fresh("embedding")], 0, /only of texts/],
  ["a second embedding", [fresh("embedding"), fresh("embedding")], 50, /only be the first/],
  ["a pooling of plain numbers", [dense(4), fresh("pooling")], 0, /needs a series or a text/],
];

for (const [what, layers, words, said] of UNREAD) {
  test(`${what} is refused with a mend`, () => {
    assert.throws(
      () => stages(layers, [12], OUTPUT, words),
      (error: Error & { mend: string }) => said.test(error.message) && error.mend !== "",
    );
  });
}

test("every preset for texts fits also the shortest, and what is allowed fits after an embedding", () => {
  for (const { layers } of presets([5], true)) assert.ok(parameters(stages(layers, [5], OUTPUT, 3)) > 0);
  const [first, ...others] = allowed([5], true);
  assert.equal(first, "embedding");
  for (const kind of others) assert.ok(stages([fresh(first), fresh(kind)], [5], OUTPUT, 3).length > 3, kind);
});

test("every preset fits what it is for, and what is allowed fits too", () => {
  for (const shape of [[1], [4], [4, 1], [60, 1], [8, 8, 1], [32, 32, 3]]) {
    for (const { layers } of presets(shape)) assert.ok(parameters(stages(layers, shape, OUTPUT)) > 0);
    for (const kind of allowed(shape))
      assert.ok(stages([fresh(kind)], shape, OUTPUT).length > 2, `${kind} on ${shape}`);
  }
});

test("options that cannot work are refused with a mend", () => {
  check(OPTIONS, 100);
  const wrong = [{ rate: 0 }, { rate: NaN }, { batch: 0.5 }, { epochs: 0 }, { epochs: 1e6 }, { patience: -1 }];
  for (const one of wrong)
    assert.throws(
      () => check({ ...OPTIONS, ...one }, 100),
      (error: Error & { mend: string }) => error.mend !== "",
    );
  assert.throws(() => check(OPTIONS, 2), /Only 2 rows/);
  assert.deepEqual([90, 400, 100_000].map(batchFor), [8, 32, 128]);
});

test("a new layer goes to the last place where it fits", () => {
  const kinds = (layers: Layer[]): string[] => layers.map((layer) => layer.kind);
  const dense = [fresh("dense")];
  assert.deepEqual(kinds(withNew(dense, "convolution")), ["convolution", "dense"]);
  assert.deepEqual(kinds(withNew(withNew(dense, "convolution"), "recurrent")), ["convolution", "recurrent", "dense"]);
  assert.deepEqual(kinds(withNew(dense, "dense")), ["dense", "dense"]);
  assert.deepEqual(kinds(withNew(withNew(dense, "pooling"), "embedding")), ["embedding", "pooling", "dense"]);
});
