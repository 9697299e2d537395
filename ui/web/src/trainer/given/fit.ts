/** Whether a model and the data fit each other: what is wrong in words, and a mend where there is one. */
import type { Prepared } from "../data/prepared.ts";
import { size, type Shape } from "../network/layers.ts";
import { Problem } from "../problem.ts";
import type { About, Given, Tuning } from "./about.ts";

/** So large a model can be trained further in a page. */
export const MOST = 5_000_000;

export function told(shape: Shape): string {
  return shape.map((length) => (length === null ? "any" : String(length))).join(" × ");
}

/** Why a model can be nothing here, whatever the data. */
export function usable(about: About): void {
  if (about.inputs > 1 || about.outputs > 1)
    throw new Problem(
      `This model takes ${about.inputs} inputs and gives ${about.outputs} outputs; here it can be one of each.`,
      "Take a model with one input and one output.",
    );
  const all = about.parts.reduce((sum, part) => sum + part.parameters, 0);
  if (all > MOST)
    throw new Problem(
      `This model has ${all.toLocaleString("en")} parameters, more than a page can train.`,
      "Train it in a lab, which computes on a server, or take a smaller one.",
    );
}

function same(input: Shape, data: number[]): boolean {
  return input.length === data.length && input.every((length, at) => length === null || length === data[at]);
}

/** The shape in which examples go in; null where they do not fit. Pictures may be rows of pixels as well. */
export function concrete(input: Shape, data: number[]): number[] | null {
  if (same(input, data)) return data;
  const numbers = size(data);
  const open = input.filter((length) => length === null).length;
  const known = size(input.filter((length): length is number => length !== null));
  const plain = (shape: Shape): boolean => shape.filter((length) => length !== 1).length <= 1;
  if (open === 0) {
    const alike = plain(input) || (plain(data) && input.length === 2) || same(stripped(input), stripped(data));
    return known === numbers && alike ? (input as number[]) : null;
  }
  // A series of any length, of which each step is so many numbers.
  if (open === 1 && input[0] === null && input.length <= 2 && data.length < 3 && numbers % known === 0)
    return [numbers / known, ...(input.slice(1) as number[])];
  return null;
}

function stripped(shape: Shape): number[] {
  return shape.filter((length): length is number => length !== null && length !== 1);
}

export function units(about: About): number | null {
  return about.output.length === 1 ? about.output[0] : null;
}

/** Whether its one number says which of two classes. */
export function binary({ about, plan }: Given, classes: number): boolean {
  return !plan.fresh && classes === 2 && units(about) === 1 && about.ends === "sigmoid";
}

/** What is wrong between its outputs and what is to be predicted. */
export function outputProblem(given: Given, prepared: Prepared): Problem | null {
  const { about, plan } = given;
  if (plan.fresh) return null;
  const wanted = prepared.classes.length || 1;
  if (units(about) === wanted || binary(given, prepared.classes.length)) return null;
  const has = prepared.classes.length ? `${prepared.classes.length} classes` : "to be predicted as one number";
  const mend = about.replaceable
    ? "Fine-tune it with a new last layer, or choose another column to predict in step 2."
    : "Choose another column to predict in step 2.";
  return new Problem(`This model gives ${told(about.output)} numbers, and “${prepared.target}” has ${has}.`, mend);
}

/** What the worker needs for these data; a Problem where they do not fit. */
export function tuning(given: Given, prepared: Prepared): { shape: number[]; tuning: Tuning } {
  const { about, plan, files } = given;
  const shape = concrete(about.input, prepared.shape);
  if (!shape || foreign(given, prepared)) throw inputProblem(given, prepared);
  const wrong = outputProblem(given, prepared);
  if (wrong) throw wrong;
  const probabilities = about.ends !== "linear" || prepared.task === "number" || plan.fresh;
  return {
    shape,
    tuning: {
      files,
      tune: plan.tune,
      fixed: plan.fixed,
      fresh: plan.fresh,
      binary: binary(given, prepared.classes.length),
      softmax: !probabilities,
      convolves: about.convolves,
    },
  };
}

/** Whether the numbers of words mean other words to the model than they do here, or are none to it. */
export function foreign({ meta }: Given, { text }: Prepared): boolean {
  return Boolean(text) !== Boolean(meta?.text);
}

export function inputProblem(given: Given, { shape, text }: Prepared): Problem {
  const { about, meta } = given;
  if (text && !meta?.text)
    return new Problem(
      "This model does not say which words its numbers stand for, so texts cannot be given to it.",
      "Take a model that the trainer made of texts, or look at the columns side by side in step 2.",
    );
  if (meta?.text && !text)
    return new Problem(
      `This model reads texts, as those of “${meta.text.name}”, and these data are looked at in another way.`,
      "Choose data with a column of texts in step 1, and in step 2 that its words are what the columns are.",
    );
  const what = (of: Shape): string =>
    of.length === 3
      ? `pictures of ${told(of.slice(0, 2))} ${of[2] === 1 ? "gray" : "colored"} pixels`
      : of.length === 2
        ? `a series of ${told(of.slice(0, 1))} steps with ${told(of.slice(1))} ${of[1] === 1 ? "number" : "numbers"} each`
        : `${told(of)} numbers`;
  return new Problem(
    `This model takes ${what(about.input)}, and these data are ${what(shape)}.`,
    shape.length === 3 && about.input.length < 3
      ? "Make pictures fit as proposed below, or choose a table."
      : "Change which columns are used in step 2, or choose other data.",
  );
}
