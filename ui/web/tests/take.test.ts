import assert from "node:assert/strict";
import test from "node:test";

import { guess } from "../src/trainer/data/columns.ts";
import { parse } from "../src/trainer/data/csv.ts";
import { prepare } from "../src/trainer/data/prepared.ts";
import { SHARES } from "../src/trainer/data/split.ts";
import { goal } from "../src/trainer/data/target.ts";
import { metaOf } from "../src/trainer/given/meta.ts";
import { modelJson } from "../src/trainer/take.ts";

test("model.json says how a text becomes numbers, as code outside can follow it", () => {
  const rows = [...Array(40).keys()].map((row) => `it’s item ${row} 我很,${row % 2 ? "x" : "y"}`);
  const table = parse(["said,class", ...rows].join("\n"));
  const columns = guess(table);
  const prepared = prepare(table, goal(table, columns[1]), [{ ...columns[0], kind: "text" }], "text", SHARES, 1);
  const made = JSON.parse(modelJson({ topology: {}, specs: [], data: new ArrayBuffer(0) }, prepared));
  const { vocabulary, length, padding, unknown, first, other, alone } = made.userDefinedMetadata.mlabs.text;
  const plain = rows[0].split(",")[0].normalize("NFC").toLowerCase().replaceAll("’", "'");
  const parted = plain.replace(RegExp(other, "gu"), " ").replace(RegExp(alone, "gu"), " $& ").split(" ");
  const words = parted.map((word) => word.replace(/^'+|'+$/g, "")).filter(Boolean);
  assert.deepEqual(words, ["it's", "item", "0", "我", "很"]);
  assert.deepEqual([padding, unknown, first], [0, 1, 2]);
  const row = prepared.train.rows[0];
  const number = rows[row].match(/\d+/)![0];
  const wanted = ["it's", "item", number, "我", "很"].map((word) => vocabulary.indexOf(word) + first);
  assert.deepEqual([...prepared.train.x.slice(0, length)], wanted);
  assert.deepEqual(metaOf(made.userDefinedMetadata.mlabs)?.text, { name: "said", vocabulary, length });
  for (const odd of [{ length: 0 }, { length: 1e9 }, { vocabulary: ["a", "a"] }, { vocabulary: "a" }, { name: 3 }]) {
    const text = { name: "said", vocabulary: ["a"], length: 3, ...odd };
    assert.equal(metaOf({ ...made.userDefinedMetadata.mlabs, text }), null, JSON.stringify(odd));
  }
});

test("model.json says how a row becomes numbers", () => {
  const rows = [...Array(40).keys()].map((row) => `${row % 7}.5,${row % 3 ? "u" : "v"},${row % 2 ? "x" : "y"}`);
  const table = parse(["a,b,class", ...rows].join("\n"));
  const columns = guess(table);
  const prepared = prepare(table, goal(table, columns[2]), columns.slice(0, 2), "columns", SHARES, 1);
  const made = JSON.parse(
    modelJson({ topology: { a: 1 }, specs: [{ name: "w" }], data: new ArrayBuffer(4) }, prepared),
  );
  assert.equal(made.format, "layers-model");
  assert.deepEqual(made.weightsManifest, [{ paths: ["model.weights.bin"], weights: [{ name: "w" }] }]);
  const {
    columns: [a, b],
    classes,
  } = made.userDefinedMetadata.mlabs;
  assert.deepEqual([classes, b.kinds, b.at], [["x", "y"], ["u", "v"], 1]);
  const row = prepared.train.rows[0];
  assert.ok(Math.abs((Number(table.rows[row][0]) - a.shift) * a.factor - prepared.train.x[0]) < 1e-6);
});
