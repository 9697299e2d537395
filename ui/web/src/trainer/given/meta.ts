/** What the trainer wrote into a model of its own, as far as it can be believed: anybody may have written it. */
import type { Meta, MetaColumn } from "./about.ts";

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

/** Null where there is none that fits, as in all models from elsewhere. */
export function metaOf(given: unknown): Meta | null {
  const { task, classes, mean, deviation, columns } = (given ?? {}) as Found;
  const known = columnsOf(columns);
  if (!known || !texts(classes) || (task !== "classes" && task !== "number")) return null;
  if (task === "classes") return { task, classes, columns: known };
  if (!finite(mean, deviation) || !deviation) return null;
  return { task, classes: [], columns: known, mean: mean as number, deviation: deviation as number };
}
