import assert from "node:assert/strict";
import test from "node:test";

import { OPTIONS } from "../src/trainer/network/options.ts";
import { summary, type Held } from "../src/trainer/notebook/summary.ts";
import { outcome } from "../src/trainer/score/outcome.ts";

const none = { x: new Float32Array(), y: new Float32Array(), rows: [] };

function held(part: Held["part"], classes: string[], y: number[], raw: number[], rows: number): Held {
  const of = { x: new Float32Array(rows), y: Float32Array.from(y), rows: [...Array(rows).keys()] };
  const task = classes.length ? ("classes" as const) : ("number" as const);
  const prepared = {
    ...{ task, classes, target: "kind_of|thing", shape: [1], width: 1, inputs: [], text: null, mean: 10, deviation: 2 },
    ...{ train: none, validation: none, test: none },
  };
  return { part, found: outcome({ ...prepared, [part]: of }, of, Float32Array.from(raw)) };
}

const told = (of: Held) =>
  summary({
    ...{ layers: [], shape: [1], words: 0, options: OPTIONS, seed: 7, data: "birds", held: of },
    ...{ output: { units: of.found.prepared.classes.length || 1, activation: "linear" as const } },
    course: { epochs: 20, best: true, weighed: false },
  });

test("classes: the score, each class and the confusion matrix", () => {
  const said = told(held("test", ["a|b", "<i>"], [1, 0, 1, 0, 0, 1, 0, 1], [0.9, 0.1, 0.2, 0.8, 0.3, 0.7, 0.1, 0.9], 4));
  assert.match(said, /^## What came of it in the browser\n\n\*\*75\.0 %\*\* of the 4 test rows are right; .* would have 50\.0 %\./);
  assert.match(said, /\*\*Seed:\*\* 7/);
  assert.match(said, /\*\*Predicted:\*\* kind\\_of\\\|thing, which of 2 classes/);
  assert.match(said, /\| a\\\|b \| 100\.0 % \| 50\.0 % \| 66\.7 % \| 2 \|/);
  assert.match(said, /\| {2}\| a\\\|b \| \\<i\\> \|\n\| --- \| ---: \| ---: \|\n\| \*\*a\\\|b\*\* \| 1 \| 1 \|\n\| \*\*\\<i\\>\*\* \| 0 \| 2 \|$/);
});

test("numbers are told in their own unit, and that the test was left out", () => {
  const said = told(held("validation", [], [0, 1], [0.5, 1], 2));
  assert.match(said, /Off by \*\*0\.5\*\* on average in the 2 validation rows \(root mean squared error 0\.7071, R² 0\.5\)/);
  assert.match(said, /the rows for the test were not looked at/);
  assert.doesNotMatch(said, /\| Class/);
});

test("the tables of very many classes are cut, and that is said", () => {
  const names = [...Array(60).keys()].map((at) => `class ${at}`);
  const y = names.flatMap((_, at) => names.map((_, other) => Number(at === other)));
  const said = told(held("test", names, y, y, 60));
  assert.match(said, /10 more classes are left out here/);
  assert.match(said, /The confusion matrix of 60 classes is made by the code below\./);
});
