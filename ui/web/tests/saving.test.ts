import assert from "node:assert/strict";
import test from "node:test";

import { parse } from "../src/trainer/data/csv.ts";
import { long, unlong } from "../src/trainer/notebook/python.ts";
import { heldPictures, heldTable, ownPictures, ownTable } from "../src/trainer/notebook/reading.ts";
import { presets } from "../src/trainer/network/presets.ts";
import { OPTIONS } from "../src/trainer/network/options.ts";
import { Problem } from "../src/trainer/problem.ts";
import { checked, type Settings } from "../src/trainer/saving/settings.ts";
import { ulid } from "../src/trainer/saving/ulid.ts";

const SETTINGS: Settings = {
  format: 1,
  data: { kind: "dataset", dataset: "library/iris", version: 1, path: "iris.csv" },
  columns: [{ name: "petal_length", kind: "number", scaling: "standard" }],
  target: "species",
  task: "classes",
  layout: "columns",
  shares: { train: 0.6, validation: 0.2, test: 0.2 },
  seed: 4,
  layers: [],
  options: OPTIONS,
};

test("settings come out of JSON as they went in, with every network to begin with", () => {
  for (const shape of [[4], [8, 1], [8, 8, 1]])
    for (const { layers } of presets(shape)) {
      const settings = { ...SETTINGS, layers };
      assert.deepEqual(checked(JSON.parse(JSON.stringify(settings))), settings);
    }
});

test("how a text is read comes out as it went in, within its limits", () => {
  for (const { layers } of presets([20], true)) {
    const settings: Settings = { ...SETTINGS, layout: "text", reading: { words: 500, length: 0 }, layers };
    assert.deepEqual(checked(JSON.parse(JSON.stringify(settings))), settings);
  }
  const endless = { ...SETTINGS, layout: "text", reading: { words: 1e12, length: 1e12 } };
  assert.deepEqual(checked(endless).reading, { words: 20_000, length: 500 });
});

const ODD: [what: string, change: object][] = [
  ["another format", { format: 2 }],
  ["no columns", { columns: "all" }],
  ["a column of an unknown kind", { columns: [{ name: "a", kind: "word", scaling: "none" }] }],
  ["data of an unknown kind", { data: { kind: "file", path: "/etc/passwd" } }],
  ["a dataset without a version", { data: { kind: "dataset", dataset: "a/b", path: "x.csv" } }],
  ["pictures without a shape", { data: { kind: "pictures", name: "x", labels: [] } }],
  ["a seed that is a word", { seed: "1" }],
  ["an unknown layer", { layers: [{ kind: "lambda" }] }],
  ["a layer that says no units", { layers: [{ kind: "dense", activation: "relu", initialiser: "zeros", dropout: 0 }] }],
  ["a layer of nothing", { layers: [null] }],
  ["an unknown optimiser", { options: { ...OPTIONS, optimiser: "magic" } }],
  ["no shares", { shares: null }],
  ["a text that is read in no way", { layout: "text" }],
  ["a pooling of an unknown kind", { layers: [{ kind: "pooling", how: "middle", dropout: 0 }] }],
];

test("settings that somebody wrote by hand are refused with what to do", () => {
  for (const [what, change] of ODD)
    assert.throws(
      () => checked({ ...SETTINGS, ...change }),
      (error: unknown) => error instanceof Problem && error.mend !== "",
      what,
    );
  for (const given of [null, undefined, 3, "x", []]) assert.throws(() => checked(given), Problem);
});

test("any text can be written in Python and read again", () => {
  for (const text of ["", "a\nb\n", 'say """so""" \\n', "\\", "one\r\ntwo\\r", '"', "ends with \""])
    assert.equal(unlong(`# said\nX = ${long(`${text}\n`)}`), `${text}\n`);
});

test("a table of one's own is held by its notebook", () => {
  const table = parse('a,b\n"x, ""y""",1\n"two\nlines",2\nz\\n,3\n');
  const [cell] = ownTable(table);
  const again = parse(heldTable([cell]), ",");
  assert.deepEqual([again.names, again.rows], [table.names, table.rows]);
});

test("pictures of one's own are held by their notebook, and say so where they are not", async () => {
  for (const step of [255, 300]) {
    const pixels = [0, 1].map((one) => Float32Array.from({ length: 12 }, (_, at) => (at + one) / step));
    const cells = await ownPictures({ shape: [2, 2, 3], pixels, labels: ["a", "b"] });
    assert.deepEqual((await heldPictures(cells, [2, 2, 3], ["a", "b"])).pixels, pixels);
    await assert.rejects(heldPictures(cells, [2, 2, 3], ["a", "b", "c"]), Problem);
  }
  await assert.rejects(heldPictures([], [2, 2, 3], []), Problem);
});

test("ids of runs sort by time and are ULIDs", () => {
  const [early, late] = [ulid(1_000), ulid(2_000_000_000_000)];
  for (const id of [early, late]) assert.match(id, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  assert.ok(early < late);
});
