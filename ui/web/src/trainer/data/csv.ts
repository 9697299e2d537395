/** Reads tables of text: finds the separator, the header and the rows, and says what it had to assume. */
import { chance } from "../chance.ts";
import { Problem } from "../problem.ts";
import type { Column } from "./columns.ts";
import { decode } from "./decode.ts";
import type { Texts } from "./words.ts";

export interface Table {
  names: string[];
  rows: string[][];
  /** How many rows the file has; `rows` may hold fewer. */
  total: number;
  /** What was assumed or mended, in words. */
  notes: string[];
  form: Form;
  /** What they hold, where that was guessed already: by the worker that read it. */
  columns?: Column[];
  /** The words of columns of texts, by their places, as far as they were looked for. */
  texts?: Record<number, Texts>;
}

/** How a file was read, for who reads it again elsewhere. */
export interface Form {
  encoding: string;
  separator: string;
  /** Whether its first line holds the names. */
  headed: boolean;
  /** Whether some rows were cut or filled up. */
  levelled: boolean;
}

/** More rows than these, or of wide tables more cells, are drawn from: a page in a phone has to hold them. */
export const MAX_ROWS = 100_000;
export const MAX_CELLS = 3_000_000;
export const MAX_COLUMNS = 2_000;
const SEPARATORS: Record<string, string> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };
const SAMPLE = 60;

/** The fields of one row after the other; quotes may hold separators and line ends. */
export function* records(text: string, separator: string): Generator<string[]> {
  let at = 0;
  while (at < text.length) {
    const row: string[] = [];
    for (;;) {
      const [field, next] = text[at] === '"' ? quoted(text, at, separator) : plain(text, at, separator);
      row.push(field);
      at = next;
      if (text[at] !== separator) break;
      at++;
    }
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
    if (row.length > 1 || row[0].trim()) yield row;
  }
}

function plain(text: string, from: number, separator: string): [string, number] {
  let to = from;
  while (to < text.length && text[to] !== separator && text[to] !== "\n" && text[to] !== "\r") to++;
  return [text.slice(from, to).trim(), to];
}

function quoted(text: string, from: number, separator: string): [string, number] {
  let field = "";
  let at = from + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    // A quote that is never closed was no quote.
    if (end < 0) return plain(text, from, separator);
    field += text.slice(at, end);
    at = end + 1;
    if (text[at] !== '"') break;
    field += '"';
    at++;
  }
  const [rest, next] = plain(text, at, separator);
  return [(field + rest).trim(), next];
}

/** The separator by which the first rows come apart into the same number of fields, most of all. */
export function separatorOf(text: string): string {
  const lines = text.split(/\r\n|\r|\n/, SAMPLE).join("\n");
  const score = (separator: string): number => {
    const widths = [...records(lines, separator)].map((row) => row.length);
    const usual = widths.reduce((most, width) => (count(widths, width) > count(widths, most) ? width : most), 1);
    return usual > 1 ? (count(widths, usual) / widths.length) * 1000 + Math.min(usual, 999) : 0;
  };
  return Object.keys(SEPARATORS).reduce((best, one) => (score(one) > score(best) ? one : best));
}

function count(widths: number[], wanted: number): number {
  return widths.filter((width) => width === wanted).length;
}

export function isNumber(text: string): boolean {
  return text !== "" && Number.isFinite(Number(text.replace(",", ".")));
}

function headed(row: string[]): boolean {
  return row.every((cell) => !isNumber(cell)) && row.some(Boolean) && new Set(row).size === row.length;
}

function named(row: string[]): string[] {
  const seen = new Map<string, number>();
  return row.map((cell, index) => {
    const name = cell.slice(0, 80) || `column ${index + 1}`;
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before ? `${name} (${before + 1})` : name;
  });
}

/** Keeps a fair sample when there are more rows than can be held, in the file's order. */
class Kept {
  total = 0;
  private sample: { row: string[]; place: number }[] = [];
  private next = chance(1);
  private most: number;

  constructor(columns: number) {
    this.most = Math.min(MAX_ROWS, Math.ceil(MAX_CELLS / columns));
  }

  add(row: string[]): void {
    const place = this.total++;
    // A reservoir: each row stays with the same probability, however many come.
    const seat = place < this.most ? place : Math.floor(this.next() * this.total);
    if (seat < this.most) this.sample[seat] = { row, place };
  }

  get rows(): string[][] {
    return this.sample.sort((a, b) => a.place - b.place).map(({ row }) => row);
  }
}

/** How many rows did not have the header's number of fields; they are cut or filled up. */
function levelled(rows: string[][], width: number): number {
  let odd = 0;
  for (const row of rows) {
    if (row.length === width) continue;
    odd++;
    while (row.length < width) row.push("");
    row.length = width;
  }
  return odd;
}

export function parse(text: string, separator = separatorOf(text)): Table {
  const notes = [`Fields are separated by ${SEPARATORS[separator]}.`];
  const all = records(text, separator);
  const first = all.next();
  if (first.done)
    throw new Problem("There are no rows in this file.", "Choose a file that has a line of names and rows below it.");
  const kept = new Kept(first.value.length);
  const head = headed(first.value);
  const names = named(head ? first.value : first.value.map(() => ""));
  if (!head) {
    kept.add(first.value);
    notes.push("The first line holds values, not names, so the columns are numbered.");
  }
  for (const row of all) kept.add(row);
  const form = { encoding: "utf-8", separator, headed: head, levelled: false };
  return checked({ names, rows: kept.rows, total: kept.total, notes, form });
}

function checked(table: Table): Table {
  const { names, rows, total, notes } = table;
  if (!rows.length)
    throw new Problem("This file has a line of names and no rows.", "Choose a file with one row for each example.");
  if (names.length < 2) {
    throw new Problem(
      "This table has one column only, so there is nothing to predict it from.",
      "Choose a table with at least two columns, separated by commas, semicolons or tabs.",
    );
  }
  if (names.length > MAX_COLUMNS) {
    throw new Problem(
      `This table has ${names.length} columns; ${MAX_COLUMNS} can be used here.`,
      "Leave out those that are not needed, or swap rows and columns if they were mixed up.",
    );
  }
  const odd = levelled(rows, names.length);
  table.form.levelled = odd > 0;
  if (odd)
    notes.push(
      `${odd} of the rows had more or fewer than ${names.length} fields: what is missing is empty, what is too much was left out.`,
    );
  if (total > rows.length)
    notes.push(
      `The file has ${total.toLocaleString("en")} rows; ${rows.length.toLocaleString("en")} of them, drawn by chance, are used.`,
    );
  return table;
}

/** A table from the bytes of a file. */
export function read(bytes: Uint8Array): Table {
  const { text, encoding } = decode(bytes);
  const table = parse(text);
  table.form.encoding = encoding;
  if (encoding !== "utf-8")
    table.notes.unshift(`The text was read as ${encoding}: if letters look wrong, save the file as UTF-8.`);
  return table;
}
