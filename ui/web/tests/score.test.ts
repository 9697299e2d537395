import assert from "node:assert/strict";
import test from "node:test";

import { most } from "../src/render/trial/results.ts";
import {
  accuracy,
  classScores,
  confusion,
  guessing,
  largest,
  precisionRecall,
  roc,
} from "../src/trainer/score/classes.ts";
import { permuted } from "../src/trainer/score/importance.ts";
import { numberScore } from "../src/trainer/score/numbers.ts";

const near = (actual: number, wanted: number): void =>
  assert.ok(Math.abs(actual - wanted) < 1e-9, `${actual}, not ${wanted}`);

test("a confusion matrix and what follows from it", () => {
  const matrix = confusion([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 0], 3);
  assert.deepEqual(matrix, [
    [2, 1, 0],
    [0, 2, 0],
    [1, 0, 0],
  ]);
  near(accuracy(matrix), 4 / 6);
  near(guessing(matrix), 0.5);
  const [a, b, c] = classScores(matrix, ["a", "b", "c"]);
  near(a.precision, 2 / 3);
  near(a.recall, 2 / 3);
  near(b.f1, 0.8);
  assert.deepEqual([c.precision, c.recall, c.f1, c.rows], [0, 0, 0, 1]);
});

test("nothing at all is scored 0", () => {
  assert.equal(
    accuracy([
      [0, 0],
      [0, 0],
    ]),
    0,
  );
  assert.equal(
    guessing([
      [0, 0],
      [0, 0],
    ]),
    0,
  );
});

// The example of scikit-learn's roc_auc_score and average_precision_score.
test("curves have the areas that scikit-learn gives", () => {
  const scores = [0.1, 0.4, 0.35, 0.8];
  const truth = [false, false, true, true];
  near(roc(scores, truth).area, 0.75);
  near(precisionRecall(scores, truth).area, 0.8333333333333333);
});

test("equal scores fall together: a network that says the same of all is at chance", () => {
  near(roc([0.5, 0.5, 0.5, 0.5], [true, false, true, false]).area, 0.5);
  assert.ok(Number.isNaN(roc([0.1, 0.2], [true, true]).area));
  assert.ok(Number.isNaN(precisionRecall([0.1], [false]).area));
});

test("numbers are scored in their own unit", () => {
  const score = numberScore([1, 2, 3], [1, 2, 5]);
  near(score.absolute, 2 / 3);
  near(score.squared, Math.sqrt(4 / 3));
  near(score.explained, -1);
  near(numberScore([1, 2, 3], [1, 2, 3]).explained, 1);
  near(numberScore([2, 2], [2, 2]).explained, 0);
});

test("the likeliest class, and the inputs of another row", () => {
  assert.deepEqual(largest(Float32Array.of(0.1, 0.9, 0.6, 0.4), 2), [1, 0]);
  assert.deepEqual([...permuted(Float32Array.of(1, 2, 3, 4, 5, 6), 3, 1, 2, [1, 0])], [1, 5, 6, 4, 2, 3]);
});

test("bars of probabilities are of all there is, others of the largest", () => {
  assert.equal(most([0.768, 0.2, 0.032]), 1);
  assert.equal(most([1]), 1);
  assert.equal(most([0.5, 0.2]), 0.5);
  assert.equal(most([1.5, -0.5]), 1.5);
  assert.equal(most([-3, 2]), 3);
});
