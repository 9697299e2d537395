import assert from "node:assert/strict";
import test from "node:test";

import { draw, type Point } from "../src/trainer/view/ink.ts";

const SIDE = 16;
const LINES: [what: string, from: Point, to: Point, through: Point[]][] = [
  ["across", [1, 4], [14, 4], [[1, 4], [5, 4], [9, 4], [14, 4]]],
  ["down", [3, 0], [3, 15], [[3, 0], [3, 8], [3, 15]]],
  ["aslant", [0, 0], [15, 15], [[0, 0], [7, 7], [15, 15]]],
  ["a dot", [8, 8], [8, 8], [[8, 8]]],
];

test("ink goes from point to point without a gap, and nowhere else", () => {
  for (const [what, from, to, through] of LINES) {
    const values = new Float32Array(SIDE * SIDE);
    draw(values, SIDE, from, to);
    for (const [x, y] of through) assert.equal(values[y * SIDE + x], 1, `${what} at ${x}, ${y}`);
    const steps = Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])) + 3;
    assert.ok(values.filter((value) => value > 0).length <= steps * 3, what);
  }
});

test("what is drawn already stays", () => {
  const values = new Float32Array(SIDE * SIDE).fill(0.5);
  draw(values, SIDE, [2, 2], [2, 2]);
  assert.equal(values[2 * SIDE + 2], 1);
  assert.equal(values[SIDE * SIDE - 1], 0.5);
});
