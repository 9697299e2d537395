import assert from "node:assert/strict";
import test, { afterEach } from "node:test";

import { PacedGate } from "../src/community/pace.ts";

const SHARES = [0.05, 0.2, 0.5, 0.9, 1];
/** How long one step takes, and by how much timers are late, in milliseconds. */
const STEPS: [step: number, late: number][] = [
  [0.2, 0],
  [0.2, 4],
  [3, 1],
  [3, 30],
  [700, 5],
];

const real = { now: performance.now, setTimeout };
afterEach(() => {
  performance.now = real.now;
  globalThis.setTimeout = real.setTimeout;
});

/** A clock that only steps and timers move. */
function clock(late: number): { pass(milliseconds: number): void; now(): number; waited(): number } {
  let [now, waited] = [0, 0];
  performance.now = () => now;
  globalThis.setTimeout = ((passed: () => void, milliseconds = 0) => {
    now += milliseconds + late;
    waited += milliseconds + late;
    queueMicrotask(passed);
  }) as never;
  return { pass: (milliseconds) => void (now += milliseconds), now: () => now, waited: () => waited };
}

for (const share of SHARES)
  for (const [step, late] of STEPS)
    test(`steps of ${step} ms take ${share} of a processor where timers are ${late} ms late`, async () => {
      const time = clock(late);
      const gate = new PacedGate(share);
      let worked = 0;
      while (worked < 5_000) {
        time.pass(step);
        worked += step;
        await gate.pass();
      }
      const took = worked / time.now();
      // Whoever works all the time still lets others in, and has to wait for late timers meanwhile.
      if (share < 0.9) assert.ok(Math.abs(took / share - 1) < 0.05, `${took}`);
      else assert.ok(took > 0.5 && took <= share * 1.02, `${took}`);
    });

test("what others took of the processor is not counted as taken", async () => {
  const time = clock(0);
  let spent = 0;
  const gate = new PacedGate(0.5, () => spent);
  for (let steps = 0; steps < 1000; steps++) {
    // Half of the time somebody else has it.
    time.pass(10);
    spent += 5;
    await gate.pass();
  }
  assert.ok(Math.abs(spent / time.now() / 0.5 - 1) < 0.02, `${spent} of ${time.now()}`);
});

test("a pause is no rest that is owed back", async () => {
  const time = clock(0);
  const gate = new PacedGate(0.5);
  time.pass(1000);
  gate.pause();
  const passed = gate.pass();
  await Promise.resolve();
  time.pass(60_000);
  gate.resume();
  await passed;
  const before = time.waited();
  time.pass(1000);
  await gate.pass();
  assert.ok(time.waited() - before >= 900, "it makes up for the pause");
});
