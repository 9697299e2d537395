/** What came of a project in the browser, for who reads its notebook before running it. */
import { stages } from "../network/layers.ts";
import { classScores, confusion, guessing } from "../score/classes.ts";
import { numberScore } from "../score/numbers.ts";
import { scored, type Outcome } from "../score/outcome.ts";
import type { Built, Course } from "./network.ts";

/** What the network said of the rows that tell most: those for the test, or for validation where these were not looked at. */
export interface Held {
  part: "test" | "validation";
  found: Outcome;
}

interface Shown extends Built {
  course: Course;
  held: Held;
  /** Where the data come from, in Markdown. */
  data: string;
}

/** More classes than these make a table that nobody reads. */
const MOST_ROWS = 50;
const MOST_SQUARE = 20;
const LONGEST = 40;

export function summary(shown: Shown): string {
  const { seed, course, held } = shown;
  const { prepared } = held.found;
  const what = prepared.task === "classes" ? `which of ${prepared.classes.length} classes` : "a number";
  const facts = [
    ["Data", shown.data],
    ["Predicted", `${plain(prepared.target)}, ${what}`],
    ["Network", line(shown)],
    ["Training", `${course.epochs} epochs${course.best ? ", of which the best for validation was kept" : ""}`],
    ["Seed", String(seed)],
  ];
  const told = facts.map(([name, value]) => `- **${name}:** ${value}`).join("\n");
  return ["## What came of it in the browser", score(held), told, ...tables(held)].join("\n\n");
}

/** Its layers in one line. */
function line({ layers, shape, output, words }: Built): string {
  const all = stages(layers, shape, output, words);
  const parameters = all.reduce((sum, stage) => sum + stage.parameters, 0);
  const parts = all.map((stage) => `${stage.title} (${stage.shape.join(" × ")})`);
  return `${parts.join(" → ")}; ${parameters.toLocaleString("en")} parameters`;
}

function score({ part, found }: Held): string {
  const rows = found.truth.length;
  const kept =
    part === "test"
      ? "Training had not seen these rows."
      : "They decided which epoch was kept; the rows for the test were not looked at.";
  if (!rows) return "No rows were held out, so there is no score.";
  if (found.prepared.task === "number") {
    const { absolute, squared, explained } = numberScore(found.truth, found.said);
    return `Off by **${number(absolute)}** on average in the ${rows} ${part} rows (root mean squared error ${number(squared)}, R² ${number(explained)}). ${kept}`;
  }
  const matrix = matrixOf(found);
  return `**${percent(scored(found))}** of the ${rows} ${part} rows are right; always saying the most frequent class would have ${percent(guessing(matrix))}. ${kept}`;
}

function tables({ found }: Held): string[] {
  const { task, classes } = found.prepared;
  if (task === "number" || !found.truth.length) return [];
  const matrix = matrixOf(found);
  const scores = classScores(matrix, classes);
  const each = scores
    .slice(0, MOST_ROWS)
    .map(({ name, precision, recall, f1, rows }) => [plain(name), percent(precision), percent(recall), percent(f1), String(rows)]);
  const left = classes.length - each.length;
  const made = [table(["Class", "Precision", "Recall", "F1", "Rows"], each)];
  if (left > 0) made.push(`${left} more classes are left out here; the code below has them all.`);
  if (classes.length > MOST_SQUARE) return [...made, `The confusion matrix of ${classes.length} classes is made by the code below.`];
  const square = matrix.map((row, at) => [`**${plain(classes[at])}**`, ...row.map(String)]);
  return [...made, "Rows are what is true, columns what the network said:", table(["", ...classes.map(plain)], square)];
}

function matrixOf({ truth, said, prepared }: Outcome): number[][] {
  return confusion(truth, said, prepared.classes.length);
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, ["---", ...head.slice(1).map(() => "---:")], ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const number = (value: number): string => String(Number(value.toPrecision(4)));

/** A name from the data as it is, whatever it would mean in Markdown. */
function plain(name: string): string {
  const one = name.replaceAll(/\s+/g, " ").trim();
  const short = one.length > LONGEST ? `${one.slice(0, LONGEST)}…` : one;
  return short.replaceAll(/[\\`*_{}[\]<>()#+\-!|$~&]/g, "\\$&") || "(empty)";
}
