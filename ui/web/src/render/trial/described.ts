/** Models that the trainer made say what their numbers mean: what goes in by the names of columns, and what comes out. */
import type { Meta } from "../../trainer/given/about.ts";
import { metaOf } from "../../trainer/given/meta.ts";
import { isMissing, numberOf } from "../../trainer/data/columns.ts";
import { encode, widthOf, type Input } from "../../trainer/data/inputs.ts";
import { encodeText } from "../../trainer/data/vocabulary.ts";
import type { About, Numbers } from "./protocol";

/** What a model says of itself; null where it says nothing, or what does not fit its shapes. */
export function described({ inputs, outputs, meta }: Pick<About, "inputs" | "outputs" | "meta">): Meta | null {
  const found = metaOf(meta);
  if (!found || inputs.length !== 1 || outputs.length !== 1) return null;
  const count = ({ shape }: { shape: (number | null)[] }): number => shape.slice(1).reduce<number>((all, size) => all * (size ?? 1), 1);
  const wide = found.text ? found.text.length : widthOf(inputsOf(found));
  // Pictures have no columns.
  if (wide && wide !== count(inputs[0])) return null;
  const said = found.classes.length || 1;
  return count(outputs[0]) === said || (said === 2 && count(outputs[0]) === 1) ? found : null;
}

/** Its columns as the trainer encodes them. */
export function inputsOf({ columns }: Meta): Input[] {
  return columns.map((column, index): Input => {
    const { name, at } = column;
    const plain = { name, index, at, width: 1, shift: 0, factor: 1, fill: 0, kinds: [], low: NaN, high: NaN };
    if (column.kinds) return { ...plain, kind: "category", kinds: column.kinds, width: column.kinds.length };
    const { shift, factor, missing, low, high } = column;
    return { ...plain, kind: "number", shift, factor, fill: missing, low: low ?? NaN, high: high ?? NaN };
  });
}

/** The numbers for cells in the order of the columns; what is no number is said to be none, what is empty is usual. */
export function row(columns: Input[], cells: string[]): number[] {
  for (const { name, kind, index } of columns) {
    const cell = (cells[index] ?? "").trim();
    if (kind === "number" && !isMissing(cell) && Number.isNaN(numberOf(cell)))
      throw new Error(`${name}: ${cell.slice(0, 40)} is not a number.`);
  }
  const x = new Float32Array(widthOf(columns));
  encode(columns, cells, x);
  return [...x];
}

/** The numbers for a text. */
export function textRow({ name, vocabulary, length }: NonNullable<Meta["text"]>, text: string): number[] {
  const { x, read } = encodeText({ name, vocabulary, length, index: 0 }, text);
  if (!read.length) throw new Error(`${name}: no word is in it. Write some.`);
  return [...x];
}

/** What stands in for a number that is left out, and between which they were in training. */
export function hint({ fill, low, high }: Input): string {
  const range = Number.isFinite(low) && Number.isFinite(high) ? `${short(low)} to ${short(high)} in training; ` : "";
  return `${range}empty is taken as ${short(fill)}.`;
}

export const short = (value: number): string => String(Number(value.toPrecision(4)));

/** What was said: the probability of each class, likeliest first, or the number in its own unit. */
export type Meaning = { classes: [name: string, probability: number][] } | { target: string; value: number };

export function meaning(meta: Meta, { values }: Numbers): Meaning {
  if (meta.task === "number") {
    const value = values[0] * (meta.deviation ?? 1) + (meta.mean ?? 0);
    return { target: meta.target ?? "Predicted", value };
  }
  // One number says how likely the second of two is.
  const all = values.length === 1 ? [1 - values[0], values[0]] : likely(values);
  const classes = meta.classes.map((name, at): [string, number] => [name, all[at]]);
  return { classes: classes.sort((one, other) => other[1] - one[1]) };
}

/** Probabilities, also of a network that ends before they become that. */
function likely(values: number[]): number[] {
  if (values.every((value) => value >= 0 && value <= 1)) return values;
  const top = Math.max(...values);
  const raised = values.map((value) => Math.exp(value - top));
  const all = raised.reduce((sum, value) => sum + value, 0);
  return raised.map((value) => value / all);
}
