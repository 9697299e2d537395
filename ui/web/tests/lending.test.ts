import assert from "node:assert/strict";
import test from "node:test";

import { added, keptAccount, NOTHING } from "../src/community/account.ts";
import { held, keptLimits, USUAL, type Facts, type Limits } from "../src/community/limits.ts";

const SILENT: Facts = { charging: null, metered: null };

const HELD: [what: string, limits: Partial<Limits>, facts: Partial<Facts>, said: RegExp | ""][] = [
  ["nothing said", {}, {}, ""],
  ["on battery", {}, { charging: false }, /battery/],
  ["on battery, allowed", { charging: false }, { charging: false }, ""],
  ["charging", {}, { charging: true }, ""],
  ["metered", {}, { metered: true }, /metered/],
  ["metered, allowed", { unmetered: false }, { metered: true }, ""],
];
for (const [what, limits, facts, said] of HELD)
  test(`whether a tab may compute: ${what}`, () => {
    const found = held({ ...USUAL, ...limits }, { ...SILENT, ...facts });
    if (said) assert.match(found, said);
    else assert.equal(found, "");
  });

const KEPT: [what: string, text: string | null, limits: Limits][] = [
  ["nothing", null, USUAL],
  ["no JSON", "{", USUAL],
  ["null", "null", USUAL],
  ["odd values", '{"share": 4000, "graphics": "yes", "hours": {"from": 1, "to": 99}}', USUAL],
  ["what was set", JSON.stringify({ ...USUAL, share: 20, hours: { from: 22, to: 6 } }), { ...USUAL, share: 20, hours: { from: 22, to: 6 } }],
];
for (const [what, text, limits] of KEPT)
  test(`limits that were kept: ${what}`, () => assert.deepEqual(keptLimits(text), limits));

test("what was done adds up, and a network counts once", () => {
  const part = { job: "a", person: "p", ends: false, epochs: 5, seconds: 2.5 };
  const found = [part, { ...part, ends: true }, { ...part, job: "b", person: "q" }].reduce(added, NOTHING);
  assert.deepEqual(found, { slices: 3, epochs: 15, seconds: 7.5, ended: 1, jobs: ["a", "b"], networks: 2, people: ["p", "q"] });
  assert.deepEqual(keptAccount(JSON.stringify(found)), found);
  assert.deepEqual(keptAccount('{"slices": -1, "jobs": 3, "seconds": "many"}'), NOTHING);
});
