import assert from "node:assert/strict";
import test from "node:test";

import { added, keptAccount, lasting, NOTHING } from "../src/community/account.ts";
import { held, keptLimits, USUAL, type Facts, type Limits } from "../src/community/limits.ts";

const SILENT: Facts = { charging: null, metered: null };
const at = (hour: number): Date => new Date(2026, 4, 1, hour, 30);

const HELD: [what: string, limits: Partial<Limits>, facts: Partial<Facts>, hour: number, said: RegExp | ""][] = [
  ["nothing said", {}, {}, 12, ""],
  ["on battery", {}, { charging: false }, 12, /battery/],
  ["on battery, allowed", { charging: false }, { charging: false }, 12, ""],
  ["charging", {}, { charging: true }, 12, ""],
  ["metered", {}, { metered: true }, 12, /metered/],
  ["metered, allowed", { unmetered: false }, { metered: true }, 12, ""],
  ["within the hours", { hours: [9, 17] }, {}, 9, ""],
  ["after them", { hours: [9, 17] }, {}, 17, /between 09:00 and 17:00/],
  ["over midnight", { hours: [22, 6] }, {}, 2, ""],
  ["not at noon", { hours: [22, 6] }, {}, 12, /between 22:00 and 06:00/],
  ["all day", { hours: [5, 5] }, {}, 12, ""],
];
for (const [what, limits, facts, hour, said] of HELD)
  test(`whether a tab may compute: ${what}`, () => {
    const found = held({ ...USUAL, ...limits }, { ...SILENT, ...facts }, at(hour));
    if (said) assert.match(found, said);
    else assert.equal(found, "");
  });

const KEPT: [what: string, text: string | null, limits: Limits][] = [
  ["nothing", null, USUAL],
  ["no JSON", "{", USUAL],
  ["null", "null", USUAL],
  ["odd values", '{"share": 4000, "graphics": "yes", "hours": [1, 99]}', USUAL],
  ["what was set", JSON.stringify({ ...USUAL, share: 20, hours: [22, 6] }), { ...USUAL, share: 20, hours: [22, 6] }],
];
for (const [what, text, limits] of KEPT)
  test(`limits that were kept: ${what}`, () => assert.deepEqual(keptLimits(text), limits));

test("what was done adds up, and a network counts once", () => {
  const part = { job: "a", ends: false, epochs: 5, seconds: 2.5 };
  const found = [part, { ...part, ends: true }, { ...part, job: "b" }].reduce(added, NOTHING);
  assert.deepEqual(found, { slices: 3, epochs: 15, seconds: 7.5, ended: 1, jobs: ["a", "b"], networks: 2 });
  assert.deepEqual(keptAccount(JSON.stringify(found)), found);
  assert.deepEqual(keptAccount('{"slices": -1, "jobs": 3, "seconds": "many"}'), NOTHING);
});

test("times are said as people say them", () => {
  assert.deepEqual([12.4, 600, 9000].map(lasting), ["12 s", "10 min", "2.5 h"]);
});
