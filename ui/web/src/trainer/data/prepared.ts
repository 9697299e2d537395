/** Everything that training needs of the data: numbers in three parts, and the way from an example to them. */
import { Problem } from "../problem.ts";
import { numberOf, type Column } from "./columns.ts";
import type { Table } from "./csv.ts";
import { alike, encode, fit, spread, widthOf, type Input } from "./inputs.ts";
import { split, type Shares } from "./split.ts";
import type { Goal, Task } from "./target.ts";

/** How the columns lie: side by side, as the pixels of a picture, or one after the other in time. */
export type Layout = "columns" | "picture" | "series";

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
  train: Part;
  validation: Part;
  test: Part;
  /** From the network's output to the number that is meant. */
  mean: number;
  deviation: number;
}

/** How a table can be looked at: pixels need a square of numbers that are never negative. */
export function layouts(table: Table, features: Column[]): Layout[] {
  const all = features.length >= 3 && features.every((column) => column.kind === "number");
  const side = Math.sqrt(features.length);
  const square = all && Number.isInteger(side) && side >= 4;
  const dark =
    square && table.rows.slice(0, 200).every((row) => features.every((one) => !(numberOf(row[one.index]) < 0)));
  return ["columns", ...(dark ? (["picture"] as const) : []), ...(all ? (["series"] as const) : [])];
}

/** The picture is proposed where the columns are called after what pictures have, or are many. */
export function proposedLayout(table: Table, features: Column[]): Layout {
  const named = features.some((column) => /^(pixel|px|p)[ _-]?\d/i.test(column.name));
  return layouts(table, features).includes("picture") && (named || features.length >= 36) ? "picture" : "columns";
}

function shapeOf(layout: Layout, width: number): number[] {
  if (layout === "picture") return [Math.sqrt(width), Math.sqrt(width), 1];
  return layout === "series" ? [width, 1] : [width];
}

export function prepare(
  table: Table,
  goal: Goal,
  features: Column[],
  layout: Layout,
  shares: Shares,
  seed: number,
  known?: (fitted: Input[]) => Input[] | null,
): Prepared {
  if (!features.length)
    throw new Problem("No column is left to predict from.", "Set one of the columns to “number” or “category”.");
  const named = (row: number): string => table.rows[row][goal.column.index];
  const parts = split(goal.rows, shares, seed, goal.task === "classes" ? named : undefined);
  const fitted = fit(table, features, parts.train);
  const inputs = layout === "columns" ? (known?.(fitted) ?? fitted) : alike(fitted, layout === "picture");
  const { mean, deviation } =
    goal.task === "number" ? spread(parts.train.map((row) => numberOf(named(row)))) : { mean: 0, deviation: 1 };
  const truth = (row: number, into: Float32Array, at: number): void => {
    if (goal.task === "number") into[at] = (numberOf(named(row)) - mean) / deviation;
    else into[at + goal.classes.indexOf(named(row))] = 1;
  };
  const example = (row: number, into: Float32Array, at: number): void => encode(inputs, table.rows[row], into, at);
  const width = widthOf(inputs);
  const made = (rows: number[]): Part => part(rows, width, outputs(goal), example, truth);
  return {
    task: goal.task,
    target: goal.column.name,
    classes: goal.classes,
    shape: shapeOf(layout, width),
    width,
    inputs,
    mean,
    deviation,
    train: made(parts.train),
    validation: made(parts.validation),
    test: made(parts.test),
  };
}

function outputs(goal: { task: Task; classes: string[] }): number {
  return goal.task === "classes" ? goal.classes.length : 1;
}

type Write = (row: number, into: Float32Array, at: number) => void;

function part(rows: number[], width: number, out: number, example: Write, truth: Write): Part {
  const x = new Float32Array(rows.length * width);
  const y = new Float32Array(rows.length * out);
  rows.forEach((row, index) => {
    example(row, x, index * width);
    truth(row, y, index * out);
  });
  return { x, y, rows };
}

/** Pictures of a folder, a pad or a camera: pixels from 0 to 1, one after the other, and what each shows. */
export interface Pictures {
  shape: [height: number, width: number, channels: number];
  pixels: Float32Array[];
  labels: string[];
}

export function preparePictures(pictures: Pictures, shares: Shares, seed: number): Prepared {
  const classes = [...new Set(pictures.labels)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (classes.length < 2)
    throw new Problem(
      "All pictures are of one class, so there is nothing to tell apart.",
      "Add pictures of a second class.",
    );
  const few = classes.find((name) => pictures.labels.filter((label) => label === name).length < 3);
  if (few !== undefined)
    throw new Problem(
      `“${few}” has fewer than three pictures.`,
      "Each class needs one at least for training, validation and test: add some, or leave the class out.",
    );
  const parts = split([...pictures.labels.keys()], shares, seed, (row) => pictures.labels[row]);
  const width = pictures.shape.reduce((all, size) => all * size, 1);
  const example = (row: number, into: Float32Array, at: number): void => into.set(pictures.pixels[row], at);
  const truth = (row: number, into: Float32Array, at: number): void =>
    void (into[at + classes.indexOf(pictures.labels[row])] = 1);
  const made = (rows: number[]): Part => part(rows, width, classes.length, example, truth);
  return {
    task: "classes",
    target: "class",
    classes,
    shape: [...pictures.shape],
    width,
    inputs: [],
    mean: 0,
    deviation: 1,
    train: made(parts.train),
    validation: made(parts.validation),
    test: made(parts.test),
  };
}

/** How much rarer classes weigh more, so that all count alike. */
export function classWeights(prepared: Prepared): number[] {
  const size = prepared.classes.length;
  const counts = new Array<number>(size).fill(0);
  prepared.train.y.forEach((value, index) => (counts[index % size] += value));
  return counts.map((count) => prepared.train.rows.length / (size * (count || 1)));
}
