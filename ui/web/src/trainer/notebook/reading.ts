/** Cells that have the data in a notebook: by the address of a dataset, or as they are where they are one's own. */
import { MAX_ROWS, type Table } from "../data/csv.ts";
import type { Pictures } from "../data/pictures.ts";
import type { Source } from "../data/source.ts";
import { Problem } from "../problem.ts";
import { code, folded, type Cell } from "./cells.ts";
import { list, long, text, unlong } from "./python.ts";

/** Data of one's own that a notebook holds: what is larger belongs into a dataset. */
const MOST = 2_000_000;
const LONG_FIELD = 100_000;
export const OWN = "own-data";
const CODECS: Record<string, string> = {
  "utf-8": '"utf-8-sig"',
  "utf-16le": '"utf-16-le"',
  "utf-16be": '"utf-16-be"',
  "windows-1252": '"cp1252", "replace"',
};

/** Cells that read a file of a dataset; of a large one they draw the same rows as the browser did. */
export function fromDataset(table: Table, source: Source, site: string): Cell[] {
  const { encoding, separator, headed, levelled } = table.form;
  const marked = encoding.startsWith("utf-16") ? '.lstrip("\\ufeff")' : "";
  return [
    code(
      "data",
      `
import csv
import io
from pathlib import Path
from urllib.request import urlopen

import numpy as np
${roomy(table)}
# A lab on MLabs has the dataset beside it; elsewhere it comes by its address.
FILE = Path(${text(`data/${source.dataset}/${source.path}`)})
ADDRESS = ${text(site + source.address)}
data = FILE.read_bytes() if FILE.exists() else urlopen(ADDRESS).read()

lines = io.StringIO(data.decode(${CODECS[encoding] ?? text(encoding)})${marked}, newline="")
rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=${text(separator)})]
rows = [row for row in rows if len(row) > 1 or any(row)]
${header(table, headed)}${levelled ? LEVELLED : ""}${table.total > table.rows.length ? SAMPLED : ""}
print(f"{len(rows)} rows of {len(names)} columns")
rows[:3]`,
    ),
  ];
}

/** Python's own limit of a field is less than a long text may have. */
function roomy({ rows }: Table): string {
  const long = rows.some((row) => row.some((cell) => cell.length > LONG_FIELD));
  return long ? "\ncsv.field_size_limit(10**9)\n" : "";
}

function header(table: Table, headed: boolean): string {
  if (!headed) return 'names = [f"column {place + 1}" for place in range(len(rows[0]))]\n';
  // A column without a name got one, and a long name was cut.
  const same = table.names.every((name) => name.length < 80 && !/^column \d+$/.test(name));
  return same ? "names, rows = rows[0], rows[1:]\n" : `names, rows = ${list(table.names, 20)}, rows[1:]\n`;
}

const LEVELLED = `# Some rows have more or fewer fields than there are names.
rows = [(row + [""] * len(names))[: len(names)] for row in rows]
`;
const SAMPLED = `
# These are more rows than a page can hold: it drew some, by numbers that repeat.
kept, numbers = {}, chance(1)
for place in range(len(rows)):
    seat = place if place < ${MAX_ROWS} else int(next(numbers) * (place + 1))
    if seat < ${MAX_ROWS}:
        kept[seat] = place
rows = [rows[place] for place in sorted(kept.values())]
`;

/** Cells that hold a table themselves. */
export function ownTable(table: Table): Cell[] {
  const csv = written(table);
  if (csv.length > MOST)
    throw tooLarge("This table", "Upload it as a dataset, and choose it in step 1 by its name: the notebook then takes it from there.");
  return [
    folded(OWN, `# The table itself, as it was in the browser.\nCSV = ${long(csv)}`),
    code(
      "data",
      `
import csv
import io

import numpy as np
${roomy(table)}
names, *rows = csv.reader(io.StringIO(CSV, newline=""))
print(f"{len(rows)} rows of {len(names)} columns")
rows[:3]`,
    ),
  ];
}

function tooLarge(what: string, mend: string): Problem {
  return new Problem(`${what} is too large to be kept in a notebook.`, mend);
}

/** A table as CSV. */
export function written(table: Table): string {
  const field = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return [table.names, ...table.rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}

/** Cells that hold pictures themselves, packed. */
export async function ownPictures({ shape, pixels, labels }: Pictures): Promise<Cell[]> {
  const exact = pixels.every((one) => one.every((value) => Math.abs(value * 255 - Math.round(value * 255)) < 1e-4));
  const width = shape.reduce((all, size) => all * size, 1);
  const all = exact ? new Uint8Array(pixels.length * width) : new Float32Array(pixels.length * width);
  pixels.forEach((one, index) => all.set(exact ? one.map((value) => Math.round(value * 255)) : one, index * width));
  const packed = await base64(new Uint8Array(all.buffer));
  if (packed.length > MOST)
    throw tooLarge("This collection of pictures", "Take fewer of them: about a million numbers find room. Step 7 has the network itself.");
  const folds = packed.replace(/.{100}/g, "$&\n");
  return [
    folded(OWN, `# The pictures themselves, packed, as they were in the browser.\nPIXELS = ${long(folds)}`),
    code(
      "data",
      `
import base64
import gzip

import numpy as np

labels = ${list(labels, 10)}
pixels = np.frombuffer(gzip.decompress(base64.b64decode(PIXELS)), ${exact ? "np.uint8" : '"<f4"'})
pixels = pixels.reshape(-1, ${shape.join(", ")})${exact ? " / 255" : ""}
print(f"{len(labels)} pictures of {len(set(labels))} classes")`,
    ),
  ];
}

async function base64(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  let said = "";
  for (let at = 0; at < packed.length; at += 8192) said += String.fromCharCode(...packed.subarray(at, at + 8192));
  return btoa(said);
}

/** The text of data that a notebook holds. */
function held(cells: readonly Cell[]): string {
  const cell = cells.find(({ id }) => id === OWN);
  const found = unlong([cell?.source ?? ""].flat().join(""));
  if (found !== null) return found;
  throw new Problem("The notebook of this lab does not hold its data any more.", "Choose the data in step 1 anew.");
}

/** The CSV that `ownTable` wrote. */
export function heldTable(cells: readonly Cell[]): string {
  return held(cells);
}

/** The pictures that `ownPictures` wrote. */
export async function heldPictures(
  cells: readonly Cell[],
  shape: Pictures["shape"],
  labels: string[],
): Promise<Pictures> {
  const packed = Uint8Array.from(atob(held(cells).replaceAll("\n", "")), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(stream).arrayBuffer();
  const width = shape.reduce((all, size) => all * size, 1);
  const exact = bytes.byteLength === width * labels.length;
  const all = exact ? Float32Array.from(new Uint8Array(bytes), (value) => value / 255) : new Float32Array(bytes);
  if (all.length !== width * labels.length)
    throw new Problem("The pictures in this lab's notebook are not whole.", "Choose pictures in step 1 anew.");
  return { shape, labels, pixels: labels.map((_, index) => all.slice(index * width, (index + 1) * width)) };
}
