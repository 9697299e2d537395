/** Whether a column holds texts, not names of kinds; which of several is the one that is read. */
import type { Column } from "./columns.ts";
import type { Table } from "./csv.ts";
import { UNPARTED, words } from "./words.ts";

/** So many cells are looked at, of which half have so many words. */
const SAMPLE = 300;
const SEVERAL = 3;
/** Texts of so many words say more than the columns beside them, most likely. */
const LONG = 8;

/** How many words a cell has that are no mere numbers; none where it is one piece, as addresses of pages are. */
function spoken(cell: string): number {
  const found = words(cell).filter((word) => /[^\p{N}']/u.test(word)).length;
  return /\S\s+\S/.test(cell) || UNPARTED.test(cell) ? found : 0;
}

/** The middle of how many words cells have, as far as some of them show. */
export function usualWords(cells: readonly string[]): number {
  const step = Math.max(1, Math.floor(cells.length / SAMPLE));
  const some = cells.filter((_, at) => at % step === 0).slice(0, SAMPLE);
  const counts = some.map(spoken).sort((a, b) => a - b);
  return counts[counts.length >> 1] ?? 0;
}

/** Why a column is taken for texts; empty where it is none. */
export function textual(cells: readonly string[], distinct: number): string {
  const usual = usualWords(cells);
  if (usual < SEVERAL) return "";
  return `Its cells are texts of some ${usual} words, and ${distinct.toLocaleString("en")} of them are different.`;
}

/** One text at a time can be read: the one with the most words. */
export function onlyOne(columns: Column[], table: Table): Column[] {
  const texts = columns.filter((column) => column.kind === "text");
  if (texts.length < 2) return columns;
  const long = texts.map(({ index }) => usualWords(table.rows.map((row) => row[index])));
  const read = texts[long.indexOf(Math.max(...long))];
  return columns.map((column) =>
    column.kind !== "text" || column === read
      ? column
      : {
          ...column,
          kind: "unused",
          reason: `${column.reason} One text at a time can be used: set it to “text” to take it instead of “${read.name}”.`,
        },
  );
}

/** Whether the words of a column are worth more than the columns beside it. */
export function worthReading(table: Table, text: Column): boolean {
  return usualWords(table.rows.map((row) => row[text.index])) >= LONG;
}
