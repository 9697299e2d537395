import assert from "node:assert/strict";
import test from "node:test";

import { part, sizes } from "../src/trainer/score/growing.ts";
import { verdict } from "../src/trainer/view/growing.ts";

test("ever more of the first rows are learned from", () => {
  assert.deepEqual([sizes(240), sizes(20), sizes(5), sizes(3)], [[24, 60, 120, 240], [4, 5, 10, 20], [4, 5], []]);
  const job = { train: { x: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), y: Float32Array.of(1, 2, 3, 4), count: 4 } };
  assert.deepEqual(part(job as never, 3).train, {
    x: Float32Array.of(1, 2, 3, 4, 5, 6),
    y: Float32Array.of(1, 2, 3),
    count: 3,
  });
});

const CURVES: [classes: boolean, training: number[], validation: number[], said: RegExp][] = [
  [true, [1, 0.95], [0.7, 0.8], /more of them will probably help/],
  [true, [1, 1], [0.8, 0.81], /dropout or fewer units/],
  [true, [0.82, 0.82], [0.8, 0.81], /another network/],
  [false, [0.1, 0.2], [0.6, 0.4], /more of them will probably help/],
  [false, [0.1, 0.1], [0.5, 0.5], /dropout or fewer units/],
];

for (const [classes, training, validation, said] of CURVES) {
  test(`a curve to ${validation} is told as ${said}`, () => {
    const steps = training.map((value, at) => ({ rows: 10 * (at + 1), training: value, validation: validation[at] }));
    assert.match(verdict(steps, classes), said);
  });
}
