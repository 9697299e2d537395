/** What is to be predicted: proposes a column, says which task that makes, and what stands against it. */
import { Problem } from "../problem.ts";
import { isMissing, MAX_CATEGORIES, numberOf, type Column } from "./columns.ts";
import type { Table } from "./csv.ts";

export type Task = "classes" | "number";

export interface Goal {
  column: Column;
  task: Task;
  /** The classes, in their order; empty where a number is predicted. */
  classes: string[];
  /** Rows of the table that can be used. */
  rows: number[];
  notes: string[];
}

const USUAL = /^(target|class|label|species|outcome|result|category|type|digit|variety|quality|survived|diagnosis)$/i;
/** So many whole numbers are rather grades or marks than a quantity. */
const FEW = 12;

/** Which column is probably the one to predict. */
export function propose(columns: Column[]): Column | undefined {
  const usable = columns.filter((column) => column.kind !== "unused" && column.kind !== "text");
  const kinds = usable.filter((column) => column.kind === "category");
  // A column that is called so and has one value only is to be told of, not passed over.
  const meant = columns.find(
    (column) => USUAL.test(column.name) && (usable.includes(column) || column.distinct === 1),
  );
  return meant ?? kinds.at(-1) ?? usable.at(-1);
}

function givenRows(table: Table, column: Column): number[] {
  const usable = (cell: string): boolean =>
    column.kind === "number" ? !Number.isNaN(numberOf(cell)) && !isMissing(cell) : !isMissing(cell);
  return [...table.rows.keys()].filter((row) => usable(table.rows[row][column.index]));
}

/** Whole numbers of which there are few are classes: a network would else predict 2.7 of a digit. */
export function taskOf(table: Table, column: Column): Task {
  if (column.kind !== "number") return "classes";
  const values = givenRows(table, column).map((row) => numberOf(table.rows[row][column.index]));
  return column.distinct <= FEW && values.every(Number.isInteger) ? "classes" : "number";
}

export function goal(table: Table, column: Column, task = taskOf(table, column)): Goal {
  const rows = givenRows(table, column);
  const notes: string[] = [];
  const lost = table.rows.length - rows.length;
  if (lost)
    notes.push(
      `${lost} ${lost === 1 ? "row has" : "rows have"} no “${column.name}” and cannot be learned from: left out.`,
    );
  if (task === "number") return { column, task, classes: [], rows: enough(rows), notes };
  return classed(table, { column, task, classes: [], rows, notes });
}

function enough(rows: number[]): number[] {
  if (rows.length >= 10) return rows;
  throw new Problem(
    `Only ${rows.length} rows can be used.`,
    "At least 10 are needed to learn from some and check with others. More rows make better models.",
  );
}

function classed(table: Table, found: Goal): Goal {
  const { column, notes } = found;
  const tally = new Map<string, number>();
  for (const row of found.rows) {
    const name = table.rows[row][column.index];
    tally.set(name, (tally.get(name) ?? 0) + 1);
  }
  const rare = [...tally].filter(([, count]) => count < 3).map(([name]) => name);
  if (rare.length && tally.size > rare.length) {
    notes.push(
      `${named(rare)} ${rare.length === 1 ? "has" : "have"} fewer than three rows, too few for training, validation and test: left out.`,
    );
    rare.forEach((name) => tally.delete(name));
  }
  if (tally.size < 2) {
    throw new Problem(
      `“${column.name}” has one class only, ${named([...tally.keys()])}, so there is nothing to tell apart.`,
      "Choose another column to predict, or add rows of a second class.",
    );
  }
  if (tally.size > MAX_CATEGORIES) {
    throw new Problem(
      `“${column.name}” has ${tally.size} classes; up to ${MAX_CATEGORIES} can be told apart here.`,
      column.kind === "number"
        ? "Predict it as a number instead."
        : "Choose another column, or put rare classes together.",
    );
  }
  const classes = [...tally.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const rows = enough(found.rows.filter((row) => tally.has(table.rows[row][column.index])));
  const counts = [...tally.values()];
  if (Math.max(...counts) > 5 * Math.min(...counts))
    notes.push("Some classes are much rarer than others: “weigh rare classes more” in step 4 helps.");
  return { ...found, classes, rows };
}

function named(names: string[]): string {
  const shown = names
    .slice(0, 4)
    .map((name) => `“${name.slice(0, 30)}”`)
    .join(", ");
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}
