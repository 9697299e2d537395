import assert from "node:assert/strict";
import test from "node:test";

import { guess } from "../src/trainer/data/columns.ts";
import { parse } from "../src/trainer/data/csv.ts";
import { prepare } from "../src/trainer/data/prepared.ts";
import { SHARES } from "../src/trainer/data/split.ts";
import { goal } from "../src/trainer/data/target.ts";
import { modelJson } from "../src/trainer/take.ts";

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
