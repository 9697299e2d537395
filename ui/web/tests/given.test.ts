import assert from "node:assert/strict";
import test from "node:test";

import { guess } from "../src/trainer/data/columns.ts";
import { parse } from "../src/trainer/data/csv.ts";
import type { Prepared } from "../src/trainer/data/prepared.ts";
import { FIRST, type About, type Given } from "../src/trainer/given/about.ts";
import { concrete, tuning, usable } from "../src/trainer/given/fit.ts";
import { fitted, scaledAs } from "../src/trainer/given/fitted.ts";
import { metaOf } from "../src/trainer/given/meta.ts";
import { frame, mends } from "../src/trainer/given/mends.ts";
import { resized } from "../src/trainer/given/resize.ts";
import { Project } from "../src/trainer/project.ts";

function given(input: (number | null)[], units: number, more: Partial<About> = {}, rest: Partial<Given> = {}): Given {
  const about: About = {
    inputs: 1,
    outputs: 1,
    input,
    output: [units],
    ends: "softmax",
    parts: [{ name: "d", kind: "Dense", shape: [units], parameters: 10 }],
    head: 0,
    replaceable: true,
    convolves: false,
    looksUp: false,
    ...more,
  };
  return {
    name: "m",
    files: { topology: {}, specs: [], data: new ArrayBuffer(0) },
    about,
    meta: null,
    plan: FIRST,
    ...rest,
  };
}

/** Forty rows: three numbers, a word, and a class of `classes`. */
function project(classes: string[], numbers = 3): Project {
  const made = new Project("", "");
  const names = [...Array(numbers).keys()].map((at) => `n${at}`);
  const rows = [...Array(40).keys()].map((row) =>
    [...names.map((_, at) => ((row * (at + 3)) % 17) + 0.5), "uvw"[row % 3], classes[row % classes.length]].join(","),
  );
  made.takeTable("t", parse([[...names, "word", "class"].join(","), ...rows].join("\n")));
  return made;
}

const FITS: [what: string, input: (number | null)[], data: number[], wanted: number[] | null][] = [
  ["columns", [4], [4], [4]],
  ["other columns", [4], [5], null],
  ["pictures", [8, 8, 1], [8, 8, 1], [8, 8, 1]],
  ["pictures of any size", [null, null, 3], [32, 32, 3], [32, 32, 3]],
  ["pictures in color for gray", [null, null, 1], [32, 32, 3], null],
  ["pixels in a row", [784], [28, 28, 1], [784]],
  ["pictures without a channel", [8, 8], [8, 8, 1], [8, 8]],
  ["a table of pixels for pictures", [8, 8, 1], [64], null],
  ["a series", [12, 1], [12], [12, 1]],
  ["steps of several numbers", [4, 3], [12], [4, 3]],
  ["a series of any length", [null, 3], [12], [4, 3]],
  ["steps that do not come out even", [null, 5], [12], null],
];

for (const [what, input, data, wanted] of FITS) {
  test(`${what}: whether ${data} fits ${input}`, () => assert.deepEqual(concrete(input, data), wanted));
}

test("what can never be used here is refused with a mend", () => {
  const mend = (error: Error & { mend: string }): boolean => error.mend !== "";
  assert.throws(() => usable(given([4], 3, { inputs: 2 }).about), mend);
  assert.throws(
    () => usable(given([4], 3, { parts: [{ name: "d", kind: "Dense", shape: [3], parameters: 6e6 }] }).about),
    mend,
  );
  usable(given([4], 3).about);
});

test("columns that are too many become those that it takes", () => {
  const made = project(["x", "y", "z"]);
  const model = given([2], 3);
  assert.throws(() => tuning(model, made.prepared!), /takes 2 numbers, and these data are 6 numbers/);
  const [mend] = mends(made, model, made.prepared!);
  assert.equal(mend.label, "Use these 2 columns: n0, n1");
  mend.apply();
  assert.deepEqual(tuning(model, made.prepared!).shape, [2]);
  assert.deepEqual(mends(made, model, made.prepared!), []);
});

test("another number of classes takes a new last layer", () => {
  const made = project(["x", "y"], 2);
  const model = given([5], 3);
  assert.throws(() => tuning(model, made.prepared!), /gives 3 numbers, and “class” has 2 classes/);
  made.given = model;
  mends(made, model, made.prepared!)[0].apply();
  assert.deepEqual([made.given.plan.fresh, made.options.rate], [true, 0.001]);
  assert.equal(tuning(made.given, made.prepared!).tuning.fresh, true);
  assert.deepEqual(mends(made, given([5], 3, { replaceable: false }), made.prepared!), []);
});

test("one probability tells two classes, and numbers without a softmax get one", () => {
  const made = project(["x", "y"], 2).prepared!;
  const told = (more: Partial<About>, units: number) => tuning(given([5], units, more), made).tuning;
  assert.deepEqual([told({ ends: "sigmoid" }, 1).binary, told({ ends: "sigmoid" }, 1).softmax], [true, false]);
  assert.deepEqual([told({ ends: "linear" }, 2).binary, told({ ends: "linear" }, 2).softmax], [false, true]);
  assert.throws(() => told({ ends: "linear" }, 1), /gives 1 numbers/);
});

test("pictures become as large and as colorful as it takes them", () => {
  assert.deepEqual(frame([28, 28, 1], [32, 32, 3]), [28, 28, 1]);
  assert.deepEqual(frame([null, null, 3], [8, 8, 1]), [8, 8, 3]);
  assert.deepEqual(frame([784], [32, 32, 3]), [28, 28, 1]);
  assert.deepEqual(frame([3072], [8, 8, 1]), [32, 32, 3]);
  assert.equal(frame([5], [8, 8, 1]), null);
  const half = new Float32Array(16).map((_, at) => (at % 4 < 2 ? 0 : 1));
  const made = [...resized(half, [4, 4, 1], [2, 2, 3])];
  assert.equal(made.length, 12);
  made.forEach((value, at) => assert.ok(Math.abs(value - (at % 6 < 3 ? 0.125 : 0.875)) < 1e-6));
  const gray = [...resized(new Float32Array(12).fill(0.5), [2, 2, 3], [3, 3, 1])];
  gray.forEach((value) => assert.ok(Math.abs(value - 0.5) < 1e-6));
  const shown = new Project("", "");
  const pixels = [...Array(12).keys()].map((at) => new Float32Array(64).fill(at / 12));
  shown.takePictures("p", { shape: [8, 8, 1], pixels, labels: pixels.map((_, at) => "xy"[at % 2]) });
  mends(shown, given([6, 6, 3], 2), shown.prepared!)[0].apply();
  assert.deepEqual(shown.prepared!.shape, [6, 6, 3]);
  assert.ok(tuning(given([6, 6, 3], 2), shown.prepared!));
});

test("a table of pixels is looked at as pictures", () => {
  const made = project(["x", "y"], 16);
  made.choose(() => (made.columns.find(({ name }) => name === "word")!.kind = "unused"));
  const model = given([4, 4, 1], 2);
  mends(made, model, made.prepared!)[0].apply();
  assert.deepEqual(tuning(model, made.prepared!).shape, [4, 4, 1]);
  const larger = given([8, 8, 1], 2);
  mends(made, larger, made.prepared!)[0].apply();
  assert.deepEqual([made.table, made.pictures!.labels.length], [null, 40]);
  assert.deepEqual(tuning(larger, made.prepared!).shape, [8, 8, 1]);
});

function counted(prepared: Prepared): number[] {
  const size = prepared.classes.length;
  return prepared.classes.map((_, kind) =>
    prepared.train.y.reduce((sum, value, at) => sum + (at % size === kind ? value : 0), 0),
  );
}

test("classes follow its outputs, and numbers its unit", () => {
  const made = project(["x", "y", "y", "z"]).prepared!;
  const turned = fitted(made, given([6], 3, {}, { plan: { ...FIRST, order: ["y", "z", "x"] } }));
  const [x, y, z] = counted(made);
  assert.deepEqual(
    [turned.classes, counted(turned)],
    [
      ["y", "z", "x"],
      [y, z, x],
    ],
  );
  assert.equal(fitted(made, given([6], 3, {}, { plan: { ...FIRST, order: ["a", "b", "c"] } })), made);
  const amounts = project(["x", "y"]);
  amounts.choose(() => {
    amounts.target = amounts.columns[0];
    amounts.task = "number";
  });
  const told = fitted(amounts.prepared!, given([7], 1, { ends: "linear" }));
  const row = told.train.rows[0];
  assert.ok(Math.abs(told.train.y[0] - Number(amounts.table!.rows[row][0])) < 1e-4);
  assert.deepEqual([told.mean, told.deviation], [0, 1]);
});

const COLUMNS = [
  { name: "a", at: 0, kinds: ["u", "v"] },
  { name: "b", at: 2, shift: 0, factor: 1, missing: 0 },
];
const METAS: [what: string, given: unknown, fits: boolean][] = [
  ["classes", { task: "classes", classes: ["x", "y"], columns: COLUMNS }, true],
  ["a number", { task: "number", classes: [], columns: COLUMNS, mean: 1, deviation: 2 }, true],
  ["nothing", undefined, false],
  ["another task", { task: "words", classes: [], columns: COLUMNS }, false],
  ["no columns", { task: "classes", classes: ["x"] }, false],
  [
    "columns that overlap",
    { task: "classes", classes: ["x"], columns: COLUMNS.map((one) => ({ ...one, at: 0 })) },
    false,
  ],
  ["columns that are none", { task: "classes", classes: ["x"], columns: [null] }, false],
  ["no deviation", { task: "number", classes: [], columns: COLUMNS, mean: 1, deviation: 0 }, false],
];

for (const [what, given, fits] of METAS) {
  test(`${what} in a model is ${fits ? "believed" : "overlooked"}`, () => assert.equal(metaOf(given) !== null, fits));
}

test("what the trainer wrote into a model says which columns, and how they are scaled", () => {
  const made = project(["x", "y"]);
  const columns = [
    { name: "word", at: 0, kinds: ["w", "v", "u"] },
    { name: "n1", at: 3, shift: 1, factor: 2, missing: 0 },
  ];
  const model = given([4], 2, {}, { meta: { task: "classes", classes: ["y", "x"], columns } });
  made.given = model;
  const [mend] = mends(made, model, made.prepared!);
  assert.equal(mend.label, "Use the columns that it was trained on: word, n1");
  mend.apply();
  assert.equal(made.prepared!.width, 4);
  const row = made.prepared!.train.rows[0];
  const [kind, , , number] = made.prepared!.train.x;
  assert.equal(number, (Number(made.table!.rows[row][1]) - 1) * 2);
  assert.equal(kind, made.table!.rows[row][3] === "w" ? 1 : 0);
  assert.deepEqual(fitted(made.prepared!, model).classes, ["y", "x"]);
  assert.equal(scaledAs(model.meta, guess(made.table!) as never), null);
});

/** Sixty reviews, of which one word says what they are, with a number beside them. */
function reviews(): Project {
  const made = new Project("", "");
  const said = (row: number): string => `this is thing ${row} and I find it ${row % 2 ? "good" : "bad"} on the whole`;
  const rows = [...Array(60).keys()].map((row) => `${said(row)},${row % 7},${row % 2 ? "up" : "down"}`);
  made.takeTable("t", parse(["review,number,class", ...rows].join("\n")));
  return made;
}

test("a project of texts reads one column by itself, and goes back to the others", () => {
  const made = reviews();
  assert.deepEqual([made.layout, made.features.map(({ name }) => name)], ["text", ["review"]]);
  assert.deepEqual([made.words, made.layers[0].kind], [made.prepared!.text!.vocabulary.length + 2, "embedding"]);
  made.choose(() => (made.reading = { words: 3, length: 4 }));
  assert.deepEqual([made.words, made.prepared!.shape, made.layers[0].kind], [5, [4], "embedding"]);
  made.choose(() => (made.layout = "columns"));
  assert.deepEqual([made.words, made.features.map(({ name }) => name), made.layers[0].kind], [0, ["number"], "dense"]);
});

test("a model that reads texts brings its words along; others are not given texts", () => {
  const made = reviews();
  const text = { name: "review", vocabulary: ["good", "bad", "else"], length: 9 };
  const reads = given([9], 2, { looksUp: true }, {
    meta: { task: "classes", classes: ["down", "up"], columns: [], text },
  });
  made.takeGiven(reads);
  assert.deepEqual(made.prepared!.text!.vocabulary, text.vocabulary);
  assert.deepEqual([tuning(reads, made.prepared!).shape, mends(made, reads, made.prepared!)], [[9], []]);
  made.choose(() => (made.layout = "columns"));
  assert.throws(() => tuning(reads, made.prepared!), /reads texts, as those of “review”/);
  const [mend] = mends(made, reads, made.prepared!);
  assert.equal(mend.label, "Read the words of “review”");
  mend.apply();
  assert.equal(made.layout, "text");
  const deaf = given([made.prepared!.shape[0]], 2);
  assert.throws(() => tuning(deaf, made.prepared!), /does not say which words/);
});
