/** Everything that training needs of the data: numbers in three parts, and the way from an example to them. */
import { Problem } from "../problem.ts";
import { numberOf, type Column } from "./columns.ts";
import type { Table } from "./csv.ts";
import { formOf, USUAL, type Form } from "./form.ts";
import { alike, encode, fit, spread, widthOf, type Input } from "./inputs.ts";
import { shapeOf, type Layout } from "./layouts.ts";
import { split, type Parts, type Shares } from "./split.ts";
import type { Goal, Task } from "./target.ts";
import { fitText, numbersOf, place, READING, type Reading, type Text } from "./vocabulary.ts";
import { textsOf, type Texts } from "./words.ts";

export interface Part {
  x: Float32Array;
  /** One of `classes` as ones and zeros, or the scaled number. */
  y: Float32Array;
  /** The rows of the table or the numbers of the pictures. */
  rows: number[];
}

export interface Prepared {
  task: Task;
  target: string;
  classes: string[];
  /** Of one example. */
  shape: number[];
  width: number;
  inputs: Input[];
  /** How a text becomes numbers, where there is one in the place of inputs. */
  text: Text | null;
  train: Part;
  validation: Part;
  test: Part;
  /** From the network's output to the number that is meant. */
  mean: number;
  deviation: number;
  /** How numbers of the target are written. */
  form: Form;
}

/** What is known before of the inputs, by a model that was trained elsewhere; null where nothing is. */
export interface Known {
  inputs?(fitted: Input[]): Input[] | null;
  text?: Pick<Text, "vocabulary" | "length"> | null;
}

/** How an example of the table is written down. */
interface Examples {
  shape: number[];
  inputs: Input[];
  text: Text | null;
  write: Write;
}

function measured(table: Table, features: Column[], layout: Layout, { train }: Parts, known: Known): Examples {
  const fitted = fit(table, features, train);
  const inputs = layout === "columns" ? (known.inputs?.(fitted) ?? fitted) : alike(fitted, layout === "picture");
  const write: Write = (row, into, at) => encode(inputs, table.rows[row], into, at);
  return { shape: shapeOf(layout, widthOf(inputs)), inputs, text: null, write };
}

/** The texts of a column as words: where they were found already, or now. */
export function textsIn(table: Table, { index }: Column): Texts {
  const held = (table.texts ??= {});
  return (held[index] ??= textsOf(table.rows.map((row) => row[index])));
}

function read(table: Table, column: Column, { train }: Parts, reading: Reading, known: Known): Examples {
  const texts = textsIn(table, column);
  const { name, index } = column;
  const text = known.text ? { ...known.text, name, index } : fitText(name, index, texts, train, reading);
  const numbers = numbersOf(text, texts);
  const { places, starts } = texts;
  const write: Write = (row, into, at) => {
    // What lies beyond the length is not read.
    const end = Math.min(starts[row + 1], starts[row] + text.length);
    place(places.subarray(starts[row], end).map((word) => numbers[word]), text.length, into, at);
  };
  return { shape: [text.length], inputs: [], text, write };
}

export function prepare(
  table: Table,
  goal: Goal,
  features: Column[],
  layout: Layout,
  shares: Shares,
  seed: number,
  known: Known = {},
  reading: Reading = READING,
): Prepared {
  if (!features.length)
    throw new Problem("No column is left to predict from.", "Set one of the columns to “number” or “category”.");
  const named = (row: number): string => table.rows[row][goal.column.index];
  const parts = split(goal.rows, shares, seed, goal.task === "classes" ? named : undefined);
  const { shape, inputs, text, write } =
    layout === "text"
      ? read(table, features[0], parts, reading, known)
      : measured(table, features, layout, parts, known);
  const { mean, deviation } =
    goal.task === "number" ? spread(parts.train.map((row) => numberOf(named(row)))) : { mean: 0, deviation: 1 };
  const truth = (row: number, into: Float32Array, at: number): void => {
    if (goal.task === "number") into[at] = (numberOf(named(row)) - mean) / deviation;
    else into[at + goal.classes.indexOf(named(row))] = 1;
  };
  const width = shape.reduce((all, size) => all * size, 1);
  const made = (rows: number[]): Part => part(rows, width, outputs(goal), write, truth);
  return {
    task: goal.task,
    target: goal.column.name,
    classes: goal.classes,
    shape,
    width,
    inputs,
    text,
    mean,
    deviation,
    form: goal.task === "number" ? formOf(goal.rows.map(named)) : USUAL,
    train: made(parts.train),
    validation: made(parts.validation),
    test: made(parts.test),
  };
}

function outputs(goal: { task: Task; classes: string[] }): number {
  return goal.task === "classes" ? goal.classes.length : 1;
}

export type Write = (row: number, into: Float32Array, at: number) => void;

export function part(rows: number[], width: number, out: number, example: Write, truth: Write): Part {
  const x = new Float32Array(rows.length * width);
  const y = new Float32Array(rows.length * out);
  rows.forEach((row, index) => {
    example(row, x, index * width);
    truth(row, y, index * out);
  });
  return { x, y, rows };
}

/** How much rarer classes weigh more, so that all count alike. */
export function classWeights(prepared: Prepared): number[] {
  const size = prepared.classes.length;
  const counts = new Array<number>(size).fill(0);
  prepared.train.y.forEach((value, index) => (counts[index % size] += value));
  return counts.map((count) => prepared.train.rows.length / (size * (count || 1)));
}
