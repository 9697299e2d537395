/** How the numbers of a column are written, so that others are said in the same way. */
import { numberOf, short } from "./columns.ts";

export interface Form {
  /** The decimal sign. */
  decimal: "." | ",";
  /** What parts thousands. */
  group: string;
  /** What stands behind each. */
  unit: "" | "%";
}

/** As the pages write numbers. */
export const USUAL: Form = { decimal: ".", group: ",", unit: "" };

const ENGLISH = /^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$/;
const CONTINENTAL = /^[-+]?\d{1,3}(\.\d{3})+,\d+$/;
const SPACED = /^[-+]?\d{1,3}(?:([ \u00a0\u202f'])\d{3})+(?:[.,]\d+)?$/;

/** By what the cells show; thousands are parted only where some of them are. */
export function formOf(cells: string[]): Form {
  const numbers = cells.map((cell) => cell.trim()).filter((cell) => !Number.isNaN(numberOf(cell)));
  const bare = numbers.map((cell) => cell.replace(/ ?%$/, ""));
  const spaced = bare.map((cell) => cell.match(SPACED)?.[1]).find(Boolean);
  const continental = bare.some((cell) => CONTINENTAL.test(cell));
  const english = bare.some((cell) => ENGLISH.test(cell));
  const comma = continental || bare.some((cell) => cell.includes(",") && !ENGLISH.test(cell));
  return {
    decimal: comma ? "," : ".",
    group: spaced ?? (continental ? "." : english && !comma ? "," : ""),
    unit: numbers.length > 0 && numbers.every((cell) => cell.endsWith("%")) ? "%" : "",
  };
}

/** As many digits as tell something, in a form. */
export function inForm(value: number, { decimal, group, unit }: Form): string {
  const said = short(value);
  if (said.includes("e")) return said;
  return said.replace(/[.,]/g, (sign) => (sign === "." ? decimal : group)) + unit;
}
