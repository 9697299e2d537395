import assert from "node:assert/strict";
import test from "node:test";

import { formOf, inForm } from "../src/trainer/data/form.ts";

const CELLS: [cells: string[], value: number, said: string][] = [
  [["34,8", "1,25", "60716,5"], 60716.5, "60716,5"],
  [["1.234,5", "34,8"], 60716.5, "60.716,5"],
  [["1,234.5", "34.8"], 60716.5, "60,716.5"],
  [["1,234", "999"], 60716.5, "60,716.5"],
  [["34.8", "60716.5"], 60716.5, "60716.5"],
  [["60 716,5", "3,2"], 60716.5, "60 716,5"],
  [["12'500.25", "3.2"], 60716.5, "60'716.5"],
  [["5 %", "7,5 %"], -3.25, "-3,25%"],
  [["NA", "", "12"], 0.123, "0.123"],
  [[], 1234, "1234"],
  [["3,5"], 12_345_678, "1.23e+7"],
];

test("numbers are said as their column writes them", () => {
  for (const [cells, value, said] of CELLS) assert.equal(inForm(value, formOf(cells)), said, cells.join(" | "));
});
