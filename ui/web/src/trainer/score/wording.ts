/** Which words speak for what: how much of an answer is lost when a word is taken out of its text. */
import { FIRST, PADDING, place, UNKNOWN } from "../data/vocabulary.ts";
import type { Part, Prepared } from "../data/prepared.ts";
import type { Predict } from "./importance.ts";

/** Texts that are looked at for all words together, and how many variants are predicted at a time. */
const ROWS = 200;
const AT_ONCE = 2000;
/** In so many texts a word has to be for its mean to say something. */
const LEAST = 3;

/** The numbers of the words of an example, without what fills it up. */
function idsOf(x: ArrayLike<number>): number[] {
  return Array.from(x).filter((id) => id !== PADDING);
}

/** The example once for each of its words, without that word. */
export function without(x: ArrayLike<number>): Float32Array {
  const ids = idsOf(x);
  const made = new Float32Array(ids.length * x.length);
  ids.forEach((_, at) => {
    const rest = ids.filter((_, other) => other !== at);
    place(rest, x.length, made, at * x.length);
  });
  return made;
}

/** What each word of one example adds to output `output`: what the network says with it, less what it says without. */
export async function spoken(x: Float32Array, outputs: number, output: number, predict: Predict): Promise<number[]> {
  const variants = without(x);
  const both = new Float32Array(x.length + variants.length);
  both.set(x);
  both.set(variants, x.length);
  const said = await predict(both);
  const whole = said[output];
  return idsOf(x).map((_, at) => whole - said[(at + 1) * outputs + output]);
}

export interface Word {
  word: string;
  /** In how many of the texts it is. */
  texts: number;
  /** How much each output gains by it, on average. */
  gains: number[];
}

/** The same for all words that stand in several texts, by the mean of what each adds. */
export async function wording(prepared: Prepared, part: Part, predict: Predict): Promise<Word[]> {
  const { width, text } = prepared;
  const outputs = prepared.classes.length || 1;
  const rows = Math.min(part.rows.length, ROWS);
  const sums = new Map<number, { texts: number; gains: Float64Array }>();
  for (const some of batches(part.x, rows, width)) {
    const said = await predict(some.x);
    some.words.forEach(({ id, whole, without }) => {
      const found = sums.get(id) ?? { texts: 0, gains: new Float64Array(outputs) };
      found.texts++;
      for (let at = 0; at < outputs; at++) found.gains[at] += said[whole * outputs + at] - said[without * outputs + at];
      sums.set(id, found);
    });
  }
  return [...sums]
    .filter(([id, { texts }]) => id !== UNKNOWN && texts >= LEAST)
    .map(([id, { texts, gains }]) => ({
      word: text!.vocabulary[id - FIRST],
      texts,
      gains: Array.from(gains, (sum) => sum / texts),
    }));
}

interface Batch {
  x: Float32Array;
  /** Of each word where its whole text is among the examples, and where the text without it. */
  words: { id: number; whole: number; without: number }[];
}

/** Texts with their variants, some thousand at a time. A word that a text has twice goes out of it as a whole. */
function* batches(x: Float32Array, rows: number, width: number): Generator<Batch> {
  let examples: number[][] = [];
  let words: Batch["words"] = [];
  const made = (): Batch => {
    const all = new Float32Array(examples.length * width);
    examples.forEach((ids, at) => place(ids, width, all, at * width));
    return { x: all, words };
  };
  for (let row = 0; row < rows; row++) {
    const ids = idsOf(x.subarray(row * width, (row + 1) * width));
    const whole = examples.push(ids) - 1;
    for (const id of new Set(ids))
      words.push({ id, whole, without: examples.push(ids.filter((other) => other !== id)) - 1 });
    if (examples.length < AT_ONCE) continue;
    yield made();
    examples = [];
    words = [];
  }
  if (examples.length) yield made();
}
