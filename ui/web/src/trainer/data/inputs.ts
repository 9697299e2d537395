/** Turns cells of a table into the numbers that a network takes, as learned from the training rows alone. */
import { isMissing, numberOf, type Column, type Scaling } from "./columns.ts";
import type { Table } from "./csv.ts";
import { inForm, type Form } from "./form.ts";

/** One column as inputs of the network: a number is one input, a category one for each of its kinds. */
export interface Input {
  name: string;
  index: number;
  kind: "number" | "category";
  /** Where its numbers begin among those of an example, and how many they are. */
  at: number;
  width: number;
  shift: number;
  factor: number;
  /** What stands in for a missing value: the median, or no kind at all. */
  fill: number;
  kinds: string[];
  low: number;
  high: number;
}

interface Spread {
  mean: number;
  deviation: number;
  median: number;
  low: number;
  high: number;
}

export function spread(values: number[]): Spread {
  if (!values.length) return { mean: 0, deviation: 1, median: 0, low: 0, high: 1 };
  const sorted = Float64Array.from(values).sort();
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { mean, deviation: Math.sqrt(variance) || 1, median, low: sorted[0], high: sorted[sorted.length - 1] };
}

function scaled(scaling: Scaling, found: Spread): { shift: number; factor: number } {
  if (scaling === "standard") return { shift: found.mean, factor: 1 / found.deviation };
  if (scaling === "range") return { shift: found.low, factor: 1 / (found.high - found.low || 1) };
  return { shift: 0, factor: 1 };
}

function numbers(table: Table, index: number, rows: number[]): number[] {
  const cells = rows.map((row) => table.rows[row][index]);
  return cells
    .filter((cell) => !isMissing(cell))
    .map(numberOf)
    .filter((value) => !Number.isNaN(value));
}

function kindsIn(table: Table, index: number, rows: number[]): string[] {
  const kinds = new Set(rows.map((row) => table.rows[row][index]).filter((cell) => !isMissing(cell)));
  return [...kinds].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** What the columns become, fitted to `rows`, which should be those of training only. */
export function fit(table: Table, columns: Column[], rows: number[]): Input[] {
  let at = 0;
  return columns.map((column) => {
    const { name, index } = column;
    const kind = column.kind === "number" ? "number" : "category";
    const found = spread(kind === "number" ? numbers(table, index, rows) : []);
    const kinds = kind === "category" ? kindsIn(table, index, rows) : [];
    const width = kind === "number" ? 1 : kinds.length;
    const input: Input = {
      name,
      index,
      kind,
      at,
      width,
      kinds,
      fill: found.median,
      low: found.low,
      high: found.high,
      ...scaled(column.scaling, found),
    };
    at += width;
    return input;
  });
}

/** Pixels and the steps of a series are measured alike: they keep their proportions. */
export function alike(inputs: Input[], range: boolean): Input[] {
  const low = Math.min(...inputs.map((input) => input.low));
  const high = Math.max(...inputs.map((input) => input.high));
  const factor = (range ? 1 : 2) / (high - low || 1);
  return inputs.map((input) => ({ ...input, shift: range ? low : (low + high) / 2, factor }));
}

/** A name for each number that the network takes. */
export function namesOf(inputs: Input[]): string[] {
  return inputs.flatMap(({ name, kinds }) => (kinds.length ? kinds.map((kind) => `${name} = ${kind}`) : [name]));
}

export function widthOf(inputs: Input[]): number {
  return inputs.reduce((sum, input) => sum + input.width, 0);
}

/** What stands against a cell that somebody wrote, and how it is taken all the same; nothing where all is well. */
export function doubt(input: Input, cell: string, form: Form): string {
  if (input.kind === "category") return "";
  const value = isMissing(cell) ? NaN : numberOf(cell);
  const median = `the median ${inForm(input.fill, form)} is taken`;
  if (cell.trim() === "") return `Nothing is written: ${median}.`;
  if (Number.isNaN(value)) return `“${cell.trim().slice(0, 20)}” is no number: ${median}.`;
  if (value >= input.low && value <= input.high) return "";
  return `Outside of what training saw (${inForm(input.low, form)} to ${inForm(input.high, form)}): the answer is a guess.`;
}

/** Writes one example at `offset` of `into`. A kind that training had none of is no kind: all zeros. */
export function encode(inputs: Input[], cells: readonly string[], into: Float32Array, offset = 0): void {
  for (const input of inputs) {
    const cell = (cells[input.index] ?? "").trim();
    if (input.kind === "category") {
      const kind = input.kinds.indexOf(cell);
      if (kind >= 0) into[offset + input.at + kind] = 1;
    } else {
      const value = isMissing(cell) ? NaN : numberOf(cell);
      into[offset + input.at] = ((Number.isNaN(value) ? input.fill : value) - input.shift) * input.factor;
    }
  }
}
