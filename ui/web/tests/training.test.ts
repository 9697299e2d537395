import assert from "node:assert/strict";
import test from "node:test";

import { lasting } from "../src/trainer/view/pace.ts";

const PACES: [each: number, epochs: number, patient: boolean, said: string][] = [
  [0.05, 60, true, ""],
  [2, 90, false, "About 2 s an epoch, 3 min in all."],
  [2, 90, true, "About 2 s an epoch, 3 min in all. Early stopping may end it sooner."],
  [0.234, 60, false, "About 0.2 s an epoch, 14 s in all."],
  [100, 200, false, "About 2 min an epoch, 5.6 h in all."],
];

test("how long it takes is said in words, where it takes long", () => {
  for (const [each, epochs, patient, said] of PACES) assert.equal(lasting(each, epochs, patient), said);
});
