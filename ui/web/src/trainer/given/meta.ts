/** What the trainer wrote into a model of its own, as far as it can be believed: anybody may have written it. */
import { LONGEST, MOST_WORDS } from "../data/vocabulary.ts";
import type { Meta, MetaColumn, MetaText } from "./about.ts";

type Found = Record<string, unknown>;

const texts = (given: unknown): given is string[] =>
  Array.isArray(given) && given.every((one) => typeof one === "string");
const finite = (...given: unknown[]): boolean => given.every((one) => Number.isFinite(one));

/** A column whose numbers begin where those before it end; its width, or 0 where it is none. */
function width(column: Found, at: number): number {
  if (typeof column?.name !== "string" || column.at !== at) return 0;
  if (texts(column.kinds)) return column.kinds.length;
  return column.kinds === undefined && finite(column.shift, column.factor, column.missing) ? 1 : 0;
}

function columnsOf(given: unknown): MetaColumn[] | null {
  if (!Array.isArray(given)) return null;
  let at = 0;
  for (const column of given) {
    const wide = width(column, at);
    if (!wide) return null;
    at += wide;
  }
  return given as MetaColumn[];
}

/** Undefined where it says nothing of a text; null where what it says does not fit. */
function textOf(given: unknown): MetaText | null | undefined {
  if (given === undefined) return undefined;
  const { name, vocabulary, length } = (given ?? {}) as Found;
  const fits =
    typeof name === "string" &&
    texts(vocabulary) &&
    vocabulary.length <= MOST_WORDS &&
    new Set(vocabulary).size === vocabulary.length &&
    Number.isInteger(length) &&
    (length as number) > 0 &&
    (length as number) <= LONGEST;
  return fits ? { name: name as string, vocabulary: vocabulary as string[], length: length as number } : null;
}

/** Null where there is none that fits, as in all models from elsewhere. */
export function metaOf(given: unknown): Meta | null {
  const { task, classes, target, mean, deviation, columns, text: read } = (given ?? {}) as Found;
  const known = columnsOf(columns);
  const text = textOf(read);
  if (!known || text === null || !texts(classes) || (task !== "classes" && task !== "number")) return null;
  const both = { columns: known, ...(text ? { text } : {}), ...(typeof target === "string" ? { target } : {}) };
  if (task === "classes") return { task, classes, ...both };
  if (!finite(mean, deviation) || !deviation) return null;
  return { task, classes: [], mean: mean as number, deviation: deviation as number, ...both };
}
