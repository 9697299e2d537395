import assert from "node:assert/strict";
import test from "node:test";

import { described, hint, inputsOf, meaning, row, textRow } from "../src/render/trial/described.ts";
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

const BIRDS = {
  task: "classes",
  target: "species",
  classes: ["gull", "heron"],
  columns: [
    { name: "wing", at: 0, shift: 30, factor: 0.5, missing: 31, low: 20, high: 44.25 },
    { name: "island", at: 1, kinds: ["north", "south"] },
  ],
};
const about = (meta: unknown, wide: number, out = 2) => ({ inputs: [of(null, wide)], outputs: [of(null, out)], meta });
const said = (...values: number[]) => ({ name: "y", shape: [1, values.length], values });

test("columns in the units of the data are encoded as the trainer does", () => {
  const meta = described(about(BIRDS, 3))!;
  const columns = inputsOf(meta);
  assert.deepEqual(row(columns, ["34", "south"]), [2, 0, 1]);
  assert.deepEqual(row(columns, ["34,5", "north"]), [2.25, 1, 0]);
  // What is empty is the usual number, and no kind.
  assert.deepEqual(row(columns, ["", ""]), [0.5, 0, 0]);
  assert.throws(() => row(columns, ["long", "north"]), /^Error: wing: long is not a number\.$/);
  assert.equal(hint(columns[0]), "20 to 44.25 in training; empty is taken as 31.");
});

test("classes are told by their names, and a number in its unit", () => {
  const meta = described(about(BIRDS, 3))!;
  assert.deepEqual(meaning(meta, said(0.25, 0.75)), { classes: [["heron", 0.75], ["gull", 0.25]] });
  assert.deepEqual(meaning(meta, said(0.25)), { classes: [["gull", 0.75], ["heron", 0.25]] });
  const { classes } = meaning(meta, said(Math.log(3) + 5, 5)) as { classes: [string, number][] };
  assert.ok(classes[0][0] === "gull" && Math.abs(classes[0][1] - 0.75) < 1e-9);
  const price = described(about({ ...BIRDS, task: "number", target: "price", classes: [], mean: 100, deviation: 20 }, 3, 1))!;
  assert.deepEqual(meaning(price, said(0.5)), { target: "price", value: 110 });
});

test("a text becomes the numbers of its words", () => {
  const text = { name: "review", vocabulary: ["good", "bad"], length: 4 };
  const meta = described(about({ ...BIRDS, columns: [], text }, 4))!;
  assert.deepEqual(textRow(meta.text!, "Good, or bad?"), [0, 2, 1, 3]);
  assert.throws(() => textRow(meta.text!, " … "), /review: no word is in it/);
});

const ODD: [string, unknown, number, number?][] = [
  ["nothing", undefined, 3],
  ["other columns than the model takes", BIRDS, 4],
  ["other classes than it gives", BIRDS, 3, 5],
  ["columns that overlap", { ...BIRDS, columns: [BIRDS.columns[1], BIRDS.columns[1]] }, 3],
  ["a text of another length", { ...BIRDS, columns: [], text: { name: "t", vocabulary: ["a"], length: 9 } }, 3],
];

for (const [what, meta, wide, out] of ODD)
  test(`a model is tried by plain numbers where it says ${what}`, () => assert.equal(described(about(meta, wide, out)), null));
