/** Numbers for words: which words a network knows, and how many of each text it reads. */
import { Problem } from "../problem.ts";
import { lengthOf, words, type Texts } from "./words.ts";

/** What fills up a short text, what stands for words that are not known, and the number of the first that is. */
export const PADDING = 0;
export const UNKNOWN = 1;
export const FIRST = 2;

/** What a person chose; a length of 0 follows from the training texts. */
export interface Reading {
  words: number;
  length: number;
}

export const READING: Reading = { words: 2000, length: 0 };
export const MOST_WORDS = 20_000;
export const LONGEST = 500;
/** A choice within its limits. */
export function bounded({ words, length }: Reading): Reading {
  const whole = (value: number, least: number, most: number): number =>
    Math.min(most, Math.max(least, Math.round(value) || least));
  return { words: whole(words, 1, MOST_WORDS), length: whole(length, 0, LONGEST) };
}

/** A length that nobody chose lies between these: the least is what each network to begin with can take. */
export const USUAL = [5, 200] as const;
/** So many of a hundred training texts are read whole. */
export const WHOLE = 95;

/** A column of texts as a network takes it. */
export interface Text {
  name: string;
  index: number;
  /** The most frequent word first. */
  vocabulary: string[];
  length: number;
}

/** How many rows of the embedding there are: one for each word, and two more. */
export function sizeOf({ vocabulary }: Text): number {
  return vocabulary.length + FIRST;
}

/** The vocabulary and the length, fitted to `rows`, which should be those of training only. */
export function fitText(name: string, index: number, texts: Texts, rows: number[], reading: Reading): Text {
  const vocabulary = frequent(texts, rows, reading.words);
  if (!vocabulary.length)
    throw new Problem(
      `The texts of “${name}” hold no words in the rows for training.`,
      "Choose another column as the text in step 2, or use the other columns side by side.",
    );
  return { name, index, vocabulary, length: reading.length || usualLength(texts, rows) };
}

/** Of words that are equally frequent, those that come first in the training rows. */
function frequent({ words, places, starts }: Texts, rows: number[], most: number): string[] {
  const counts = new Uint32Array(words.length);
  const met: number[] = [];
  for (const row of rows)
    for (let at = starts[row]; at < starts[row + 1]; at++) if (counts[places[at]]++ === 0) met.push(places[at]);
  return met
    .sort((a, b) => counts[b] - counts[a])
    .slice(0, most)
    .map((place) => words[place]);
}

function usualLength(texts: Texts, rows: number[]): number {
  const lengths = rows.map((row) => lengthOf(texts, row)).sort((a, b) => a - b);
  const found = lengths[Math.floor((lengths.length * WHOLE + 99) / 100) - 1];
  return Math.min(USUAL[1], Math.max(USUAL[0], found));
}

/** The number of each place in `texts.words`. */
export function numbersOf({ vocabulary }: Text, texts: Texts): Uint32Array {
  const known = new Map(vocabulary.map((word, at) => [word, at + FIRST]));
  return Uint32Array.from(texts.words, (word) => known.get(word) ?? UNKNOWN);
}

/** Writes one text at `offset` of `into`: filled up in front, so that its last word stands last. */
export function place(found: ArrayLike<number>, length: number, into: Float32Array, offset = 0): void {
  const kept = Math.min(length, found.length);
  into.fill(PADDING, offset, offset + length - kept);
  for (let at = 0; at < kept; at++) into[offset + length - kept + at] = found[at];
}

/** What one text becomes, and what of it is lost. */
export interface Encoded {
  x: Float32Array;
  /** Its words as they are read, without those beyond the length. */
  read: string[];
  /** Those of them that are not known, each once. */
  unknown: string[];
  /** How many words lie beyond the length. */
  beyond: number;
}

export function encodeText(text: Text, cell: string): Encoded {
  const all = words(cell);
  const read = all.slice(0, text.length);
  const x = new Float32Array(text.length);
  const found = read.map((word) => text.vocabulary.indexOf(word) + FIRST);
  // A word that is nowhere is at -1, which makes the number of those that are not known.
  place(found, text.length, x);
  const unknown = [...new Set(read.filter((_, at) => found[at] === UNKNOWN))];
  return { x, read, unknown, beyond: all.length - read.length };
}

/** What of some rows a network does not get to see. */
export interface Lost {
  words: number;
  unknown: number;
  /** Texts of which something lies beyond the length, those of one word, and those without any. */
  cut: number;
  single: number;
  empty: number;
  rows: number;
}

export function lost(text: Text, texts: Texts, rows: number[]): Lost {
  const numbers = numbersOf(text, texts);
  const found: Lost = { words: 0, unknown: 0, cut: 0, single: 0, empty: 0, rows: rows.length };
  for (const row of rows) {
    const length = lengthOf(texts, row);
    if (!length) found.empty++;
    if (length === 1) found.single++;
    if (length > text.length) found.cut++;
    for (let at = texts.starts[row]; at < texts.starts[row + 1]; at++) {
      found.words++;
      if (numbers[texts.places[at]] === UNKNOWN) found.unknown++;
    }
  }
  return found;
}
