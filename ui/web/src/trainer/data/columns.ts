/** Guesses what each column holds, and says why, so that a person can judge the guess. */
import type { Table } from "./csv.ts";
import { onlyOne, textual } from "./textual.ts";

export const KINDS = ["number", "category", "text", "unused"] as const;
export type Kind = (typeof KINDS)[number];
export const SCALINGS = ["standard", "range", "none"] as const;
export type Scaling = (typeof SCALINGS)[number];

export interface Column {
  name: string;
  index: number;
  kind: Kind;
  scaling: Scaling;
  /** Why it is taken so. */
  reason: string;
  missing: number;
  distinct: number;
  /** Values that are no numbers in a column of numbers; they count as missing. */
  odd: string[];
  /** Whether it is one and the same number in every row. */
  constant: boolean;
}

/** So many columns called alike are a picture or a series. */
const MANY = 16;
/** What one column can be: more than these are no longer classes but names. */
export const MAX_CATEGORIES = 60;
const MISSING = new Set([
  "",
  "na",
  "n/a",
  "#n/a",
  "nan",
  "null",
  "none",
  "nil",
  "?",
  "-",
  "--",
  ".",
  "missing",
  "unknown",
]);
const DATE = /^\d{4}-\d\d?-\d\d?|^\d\d?[./]\d\d?[./]\d{2,4}\b|^\d\d?:\d\d/;
const COUNTED = /^(|index|id|nr|no|row|key|unnamed.*|.*[ _-]id)$/i;

/** Most cells of large tables are numbers without more, and need no closer look; NaN where one does. */
function plain(cell: string): number {
  const first = cell.charCodeAt(0) === 45 ? 1 : 0;
  const code = cell.charCodeAt(first);
  const based = code === 48 && cell.charCodeAt(first + 1) > 57;
  return code >= 48 && code <= 57 && !based ? Number(cell) : NaN;
}

export function isMissing(cell: string): boolean {
  return Number.isNaN(plain(cell)) && MISSING.has(cell.toLowerCase());
}

/** A cell as a number, also with a decimal comma, thousands or a percent sign; NaN where it is none. */
export function numberOf(cell: string): number {
  const direct = plain(cell);
  if (Number.isFinite(direct)) return direct;
  return written(cell.replace(/[ \u00a0\u202f']/g, "").replace(/%$/, ""));
}

function written(plain: string): number {
  if (plain === "") return NaN;
  if (/^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain)) return Number(plain.replaceAll(",", ""));
  if (/^[-+]?\d{1,3}(\.\d{3})+,\d+$/.test(plain)) return Number(plain.replaceAll(".", "").replace(",", "."));
  const value = Number(/^[-+]?\d*,\d+(e[-+]?\d+)?$/i.test(plain) ? plain.replace(",", ".") : plain);
  return Number.isFinite(value) && !/^0[xbo]/i.test(plain) ? value : NaN;
}

interface Facts {
  cells: string[];
  distinct: Set<string>;
  numbers: number;
  odd: string[];
}

function factsOf(cells: string[]): Facts {
  const given = cells.filter((cell) => !isMissing(cell));
  const odd = given.filter((cell) => Number.isNaN(numberOf(cell)));
  return {
    cells: given,
    distinct: new Set(given),
    numbers: given.length - odd.length,
    odd: [...new Set(odd)].slice(0, 3),
  };
}

function counts(facts: Facts): boolean {
  const first = numberOf(facts.cells[0]);
  const step = numberOf(facts.cells[1]) - first;
  return (
    facts.cells.length > 4 &&
    Math.abs(step) === 1 &&
    facts.cells.every((cell, row) => numberOf(cell) === first + row * step)
  );
}

function judge(name: string, facts: Facts): [Kind, string] {
  const { cells, distinct, numbers, odd } = facts;
  if (!cells.length) return ["unused", "It is empty."];
  if (distinct.size === 1) return ["unused", `It is “${cells[0].slice(0, 40)}” in every row, so it tells nothing.`];
  if (numbers >= cells.length * 0.9) {
    if (counts(facts)) return ["unused", "It only counts the rows."];
    if (COUNTED.test(name) && distinct.size === cells.length)
      return ["unused", "It only names the rows: every value is another."];
    const but = odd.length
      ? ` What is none counts as missing: ${odd.map((one) => `“${one.slice(0, 20)}”`).join(", ")}.`
      : "";
    return ["number", `Its values are numbers.${but}`];
  }
  const several = distinct.size > MAX_CATEGORIES || (distinct.size > cells.length * 0.8 && cells.length > 8);
  if (several) {
    const said = textual(cells, distinct.size);
    if (said) return ["text", said];
  }
  if (DATE.test(cells[0]))
    return ["unused", "Dates and times cannot be learned from as they are. Add columns such as month or weekday."];
  if (distinct.size > MAX_CATEGORIES)
    return ["unused", `It has ${distinct.size} different words, too many to be kinds.`];
  if (distinct.size > cells.length * 0.8 && cells.length > 8)
    return ["unused", "Nearly every value is another, so there is no pattern to find."];
  return ["category", `It has ${distinct.size} kinds.`];
}

/** `pixel` of `pixel12` and `pixel_1_2`: columns that are called alike but for numbers belong together. */
function family(name: string): string {
  return name.replace(/[ _-]?\d+([ _-]\d+)?$/, "");
}

/** A pixel that is always dark tells nothing by itself, but the picture needs it in its place. */
function together(columns: Column[]): Column[] {
  const sizes = new Map<string, number>();
  for (const { name } of columns) sizes.set(family(name), (sizes.get(family(name)) ?? 0) + 1);
  return columns.map((column) => {
    const numbered = family(column.name) !== column.name && (sizes.get(family(column.name)) ?? 0) >= MANY;
    if (!numbered || column.kind !== "unused" || !column.constant) return column;
    return { ...column, kind: "number", reason: "Its value is always the same; it keeps its place among its like." };
  });
}

export function guess(table: Table): Column[] {
  const columns = table.names.map((name, index): Column => {
    const cells = table.rows.map((row) => row[index]);
    const facts = factsOf(cells);
    const [kind, reason] = judge(name, facts);
    return {
      name,
      index,
      kind,
      reason,
      scaling: "standard",
      missing: kind === "number" ? cells.length - facts.numbers : cells.length - facts.cells.length,
      distinct: facts.distinct.size,
      odd: kind === "number" ? facts.odd : [],
      constant: facts.distinct.size === 1 && facts.numbers > 0,
    };
  });
  return onlyOne(together(columns), table);
}

export interface Bar {
  label: string;
  count: number;
}

/** A histogram of what a column holds: ten bins of numbers, or the most frequent kinds. */
export function histogram(table: Table, column: Column, bins = 10): Bar[] {
  const cells = table.rows.map((row) => row[column.index]).filter((cell) => !isMissing(cell));
  if (column.kind === "number")
    return binned(
      cells.map(numberOf).filter((value) => !Number.isNaN(value)),
      bins,
    );
  const tally = new Map<string, number>();
  for (const cell of cells) tally.set(cell, (tally.get(cell) ?? 0) + 1);
  return [...tally]
    .sort((a, b) => b[1] - a[1])
    .slice(0, bins)
    .map(([label, count]) => ({ label, count }));
}

/** A bar of numbers, and from where to where they are. */
export interface Bin extends Bar {
  low: number;
  high: number;
}

export function binned(values: number[], bins: number, told: (value: number) => string = short): Bin[] {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!values.length) return [];
  const width = (high - low) / bins || 1;
  const made = Array.from({ length: high > low ? bins : 1 }, (_, bin) => ({
    label: `${told(low + bin * width)} to ${told(low + (bin + 1) * width)}`,
    count: 0,
    low: low + bin * width,
    high: low + (bin + 1) * width,
  }));
  for (const value of values) made[Math.min(made.length - 1, Math.floor((value - low) / width))].count++;
  return made;
}

/** As many digits as tell something. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2);
  return value.toLocaleString("en", { maximumSignificantDigits: size >= 1000 ? 6 : 4 });
}
