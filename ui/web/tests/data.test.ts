import assert from "node:assert/strict";
import test from "node:test";

import { guess, numberOf, type Kind } from "../src/trainer/data/columns.ts";
import { parse, type Table } from "../src/trainer/data/csv.ts";
import { formOf, USUAL } from "../src/trainer/data/form.ts";
import { doubt, fit } from "../src/trainer/data/inputs.ts";
import { layouts, proposedLayout } from "../src/trainer/data/layouts.ts";
import { preparePictures } from "../src/trainer/data/pictures.ts";
import { classWeights, prepare } from "../src/trainer/data/prepared.ts";
import { SHARES, sizes, split } from "../src/trainer/data/split.ts";
import { goal, propose } from "../src/trainer/data/target.ts";

const NUMBERS: [cell: string, value: number][] = [
  ["3.5", 3.5],
  ["3,5", 3.5],
  ["1,234", 1234],
  ["1,234.5", 1234.5],
  ["1.234,5", 1234.5],
  ["1 234", 1234],
  ["50%", 50],
  ["-2e3", -2000],
  [".5", 0.5],
  ["0x10", NaN],
  ["Infinity", NaN],
  ["12 kg", NaN],
  ["", NaN],
];

test("numbers are read as people write them", () => {
  for (const [cell, value] of NUMBERS) assert.equal(numberOf(cell), value, cell);
});

const many = (make: (row: number) => string, rows = 20): string[] =>
  Array.from({ length: rows }, (_, row) => make(row));
const FORM = { encoding: "utf-8", separator: ",", headed: true, levelled: false };
const COLUMNS: [name: string, cells: string[], kind: Kind][] = [
  ["size", many((row) => `${(row * 7) % 5}.5`), "number"],
  ["size", many((row) => (row === 3 ? "oops" : `${(row * 7) % 5}.5`)), "number"],
  ["size", many((row) => (row % 3 ? "" : `${(row * 7) % 5}.5`)), "number"],
  ["sex", many((row) => (row % 2 ? "male" : "female")), "category"],
  ["always", many(() => "7"), "unused"],
  ["nothing", many(() => "NA"), "unused"],
  ["Unnamed: 0", many((row) => String(row)), "unused"],
  ["user_id", many((row) => String((row * 7919) % 997)), "unused"],
  ["day", many((row) => `2024-01-${10 + (row % 9)}`), "unused"],
  ["comment", many((row) => `word${row * row}`), "unused"],
  ["mixed", many((row) => (row % 2 ? "1" : "low")), "category"],
];

test("what a column holds is guessed, with a reason", () => {
  for (const [name, cells, kind] of COLUMNS) {
    const rows = cells.map((cell) => [cell]);
    const table: Table = { names: [name], rows, total: rows.length, notes: [], form: FORM };
    const [found] = guess(table);
    assert.equal(found.kind, kind, `${name}: ${found.reason}`);
    assert.ok(found.reason.endsWith("."));
  }
});

const table = (header: string, rows: string[]): Table => parse([header, ...rows].join("\n"));
const flowers = table(
  "length,width,kind",
  many((row) => `${row % 7},${(row % 3) + 0.5},${row % 4 ? "a" : "b"}`, 40),
);

test("the column to predict is proposed", () => {
  assert.equal(propose(guess(flowers))?.name, "kind");
  assert.equal(
    propose(
      guess(
        table(
          "target,a,b",
          many((row) => `${row / 3},${row % 5},${row % 2 ? "x" : "y"}`),
        ),
      ),
    )?.name,
    "target",
  );
  assert.equal(
    propose(
      guess(
        table(
          "a,b",
          many((row) => `${row % 3},${(row * row) % 11}`),
        ),
      ),
    )?.name,
    "b",
  );
});

const GOALS: [what: string, table: Table, said: RegExp][] = [
  [
    "one class",
    table(
      "a,class",
      many((row) => `${row % 3},${row ? "x" : "?"}`),
    ),
    /one class only/,
  ],
  [
    "too few rows",
    table(
      "a,class",
      many((row) => `${row % 3},${row % 2 ? "x" : "y"}`, 8),
    ),
    /Only 8 rows/,
  ],
];

test("a target that cannot be learned is refused with a mend", () => {
  for (const [what, given, said] of GOALS) {
    assert.throws(
      () => goal(given, { ...guess(given)[1], kind: "category" }),
      (error: Error & { mend: string }) => said.test(error.message) && error.mend !== "",
      what,
    );
  }
});

test("rows without a target and classes too rare are left out, and said", () => {
  const given = table(
    "a,class",
    many((row) => `${row % 3},${row === 0 ? "" : row === 1 ? "rare" : row % 2 ? "x" : "y"}`, 30),
  );
  const found = goal(given, guess(given)[1]);
  assert.deepEqual([found.classes, found.rows.length], [["x", "y"], 28]);
  assert.equal(found.notes.length, 2);
});

test("a few whole numbers are classes, many a quantity", () => {
  const given = table(
    "digit,price",
    many((row) => `${row % 3},${(row * 7) % 23}`, 40),
  );
  const [digit, price] = guess(given);
  assert.equal(goal(given, digit).task, "classes");
  assert.equal(goal(given, price).task, "number");
});

test("each part has every class in the same share, the same for the same seed", () => {
  const label = (row: number): string => (row % 10 ? "often" : "rare");
  const rows = [...Array(200).keys()];
  const parts = split(rows, SHARES, 7, label);
  const rare = (part: number[]): number => part.filter((row) => label(row) === "rare").length;
  assert.deepEqual([rare(parts.train), rare(parts.validation), rare(parts.test)], [12, 4, 4]);
  assert.deepEqual(
    [...parts.train, ...parts.validation, ...parts.test].sort((a, b) => a - b),
    rows,
  );
  assert.deepEqual(split(rows, SHARES, 7, label), parts);
  assert.notDeepEqual(split(rows, SHARES, 8, label), parts);
});

test("parts are never empty where three rows are", () => {
  for (let total = 3; total < 40; total++) {
    const parts = sizes(total, SHARES);
    assert.equal(parts[0] + parts[1] + parts[2], total);
    assert.ok(
      parts.every((size) => size > 0),
      String(total),
    );
  }
});

test("numbers are scaled by what training has; kinds become ones and zeros; missing is the median", () => {
  const given = table(
    "a,b,class",
    many((row) => `${row === 5 ? "" : row},${row % 3 ? "u" : "v"},${row % 2 ? "x" : "y"}`, 40),
  );
  const columns = guess(given).map((column) => ({
    ...column,
    kind: column.name === "a" ? ("number" as const) : column.kind,
  }));
  const found = prepare(given, goal(given, columns[2]), columns.slice(0, 2), "columns", SHARES, 1);
  assert.deepEqual([found.shape, found.width, found.classes], [[3], 3, ["x", "y"]]);
  const first = [...found.train.rows.keys()].map((row) => found.train.x[row * 3]);
  assert.ok(Math.abs(first.reduce((sum, value) => sum + value, 0)) < 1);
  for (let row = 0; row < found.train.rows.length; row++)
    assert.equal(found.train.x[row * 3 + 1] + found.train.x[row * 3 + 2], 1);
  assert.ok(found.train.x.every(Number.isFinite) && found.test.x.every(Number.isFinite));
});

test("a square of pixels is proposed as a picture, from 0 to 1", () => {
  const names = [...Array(16).keys()].map((index) => `pixel_${index}`);
  const given = table(
    [...names, "digit"].join(","),
    many((row) => [...names.map((_, index) => (index * row) % 17), row % 2].join(","), 40),
  );
  const columns = guess(given).map((column) => ({ ...column, kind: "number" as const }));
  const features = columns.slice(0, 16);
  assert.deepEqual(layouts(given, features), ["columns", "picture", "series"]);
  assert.equal(proposedLayout(given, features), "picture");
  const found = prepare(given, goal(given, columns[16], "classes"), features, "picture", SHARES, 1);
  assert.deepEqual(found.shape, [4, 4, 1]);
  assert.ok(found.train.x.every((value) => value >= 0 && value <= 1));
});

test("pixels that are always dark keep their place", () => {
  const names = [...Array(16).keys()].map((index) => `pixel_${index}`);
  const given = table(
    [...names, "fixed", "digit"].join(","),
    many((row) => [...names.map((_, index) => (index ? row % 5 : 0)), 7, row % 2].join(","), 40),
  );
  const columns = guess(given);
  assert.deepEqual([columns[0].kind, columns[16].kind], ["number", "unused"]);
  assert.deepEqual(layouts(given, columns.slice(0, 16)), ["columns", "picture", "series"]);
});

test("pictures of one class, or too few of one, are refused", () => {
  const pictures = (labels: string[]) => ({
    shape: [1, 2, 1] as [number, number, number],
    pixels: labels.map(() => new Float32Array(2)),
    labels,
  });
  assert.throws(() => preparePictures(pictures(["a", "a", "a"]), SHARES, 1), /one class/);
  assert.throws(() => preparePictures(pictures(["a", "a", "a", "b"]), SHARES, 1), /fewer than three/);
  const found = preparePictures(pictures(["a", "a", "a", "b", "b", "b", "b", "b", "b"]), SHARES, 1);
  assert.deepEqual(
    [found.shape, found.classes],
    [
      [1, 2, 1],
      ["a", "b"],
    ],
  );
  const [a, b] = classWeights(found);
  assert.ok(a > b);
});

test("what somebody writes of an example is taken, and doubted where it is no number or far from all others", () => {
  const table = parse("a,kind,b\n32,x,1\n43.9,y,2\n60,x,3\n", ",");
  const [number, kind] = fit(table, guess(table).slice(0, 2), [0, 1, 2]);
  for (const [cell, said] of [
    ["40", ""],
    ["32", ""],
    ["40,5", ""],
    ["abc", "“abc” is no number: the median 43.9 is taken."],
    ["", "Nothing is written: the median 43.9 is taken."],
    ["NA", "“NA” is no number: the median 43.9 is taken."],
    ["-5", "Outside of what training saw (32 to 60): the answer is a guess."],
    ["9,999,999", "Outside of what training saw (32 to 60): the answer is a guess."],
  ])
    assert.equal(doubt(number, cell, USUAL), said, cell);
  assert.match(doubt(number, "", formOf(["43,9"])), /median 43,9 is/);
  assert.equal(doubt({ ...kind, kind: "category" }, "zebra", USUAL), "");
});
