import assert from "node:assert/strict";
import test from "node:test";

import { batch, first, given, numbers, preset, wanted } from "../src/render/trial/numbers.ts";

const LAYERS = "tfjs-layers";
const GRAPH = "tfjs-graph";
const of = (...shape: (number | null)[]) => ({ name: "x", shape, dtype: "float32" });

const PRESETS: [name: string, format: string, shape: (number | null)[], takes: number[]][] = [
  ["one example", LAYERS, [null, 3], [1, 3]],
  ["a picture", LAYERS, [null, 4, 4, 1], [1, 4, 4, 1]],
  ["a fixed batch", LAYERS, [25, 1, 1], [25, 1, 1]],
  ["a fixed batch of rows", LAYERS, [4, 3], [4, 3]],
  ["a batch of one", LAYERS, [1, 3], [1, 3]],
  ["a series of any length", LAYERS, [null, null, 5], [1, 1, 5]],
  ["words", LAYERS, [null, null], [1, 1]],
  ["over a thousand", LAYERS, [null, 3072], [1, 3072]],
  ["a graph of examples", GRAPH, [null, 3], [1, 3]],
  ["a graph without examples", GRAPH, [2, 2], [2, 2]],
  ["a graph of one example", GRAPH, [1, 3], [1, 3]],
  ["a graph of a vector", GRAPH, [3], [3]],
  ["a graph of one number", GRAPH, [], []],
  ["one number of each example", GRAPH, [null], [1]],
];

for (const [name, format, shape, takes] of PRESETS)
  test(`what a field holds beforehand is what the model takes: ${name}`, () => {
    const made = given(of(...shape), format, numbers(preset(of(...shape), format)));
    assert.deepEqual(made.shape, takes);
    assert.equal(made.values.length, takes.reduce((all, size) => all * size, 1));
  });

test("one example fills a fixed batch, and the first answer is for it", () => {
  const { values, shape } = given(of(3, 2), LAYERS, [5, 7]);
  assert.deepEqual([values, shape], [[5, 7, 5, 7, 5, 7], [3, 2]]);
  const many = batch(of(3, 2), LAYERS);
  const said = { name: "y", shape: [3, 2], values: [1, 2, 3, 4, 5, 6] };
  assert.deepEqual(first(said, many), { name: "y", shape: [1, 2], values: [1, 2] });
  assert.equal(first(said, 1), said);
  assert.match(wanted(of(3, 2), LAYERS), /^2 numbers, .* 3 examples at once: yours is given 3 times, and the first answer/);
  assert.match(wanted(of(2, 2), GRAPH), /^4 numbers \(2 × 2\), as a row of a CSV file or a list\.$/);
});

test("another count of numbers is said to be wrong", () => {
  assert.throws(() => given(of(25, 2), LAYERS, [1]), /takes 2 numbers, and this is 1\./);
  assert.throws(() => given(of(2, 2), GRAPH, [1, 2]), /takes 4 numbers, and these are 2\./);
  assert.throws(() => given(of(null, null, 2), LAYERS, [1]), /a multiple of 2 numbers/);
});
