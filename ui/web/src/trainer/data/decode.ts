/** Turns the bytes of a file into text, whichever of the usual encodings it has. */
import { Problem } from "../problem.ts";

export interface Decoded {
  text: string;
  encoding: string;
}

const SAVE_AS = "Open it in the program that made it, and save it as CSV.";
/** What files begin with that are often taken for tables. */
const KNOWN: [start: number[], what: string, mend: string][] = [
  [[0x50, 0x4b, 3, 4], "This is an Excel workbook or another zip archive, not a CSV file.", SAVE_AS],
  [[0xd0, 0xcf, 0x11, 0xe0], "This is an old Excel workbook, not a CSV file.", SAVE_AS],
  [[0x1f, 0x8b], "This file is compressed with gzip.", "Unpack it, and choose the file that comes out."],
  [[0x25, 0x50, 0x44, 0x46], "This is a PDF document, not a table.", "Save the table in it as CSV."],
  [[0x50, 0x41, 0x52, 0x31], "This is a Parquet file, not a CSV file.", "In Python: pandas.read_parquet(…).to_csv(…)."],
  [[0x89, 0x50, 0x4e, 0x47], "This is a picture, not a table.", "For pictures choose “Pictures in folders”."],
  [[0xff, 0xd8, 0xff], "This is a picture, not a table.", "For pictures choose “Pictures in folders”."],
];

function begins(bytes: Uint8Array, start: number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}

/** Text without marks has hardly any zero bytes; UTF-16 of Western text has one in each pair. */
function unmarkedUtf16(bytes: Uint8Array): string | null {
  const seen = Math.min(bytes.length, 2000) & ~1;
  const zeros = [0, 0];
  for (let index = 0; index < seen; index++) if (bytes[index] === 0) zeros[index % 2]++;
  if (zeros[1] > seen * 0.3 && !zeros[0]) return "utf-16le";
  return zeros[0] > seen * 0.3 && !zeros[1] ? "utf-16be" : null;
}

function encodingOf(bytes: Uint8Array): string {
  if (begins(bytes, [0xff, 0xfe])) return "utf-16le";
  if (begins(bytes, [0xfe, 0xff])) return "utf-16be";
  const found = unmarkedUtf16(bytes);
  if (found) return found;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return "utf-8";
  } catch {
    // What is not UTF-8 is, nearly always, what Excel writes in Western Europe and America.
    return "windows-1252";
  }
}

export function decode(bytes: Uint8Array): Decoded {
  const known = KNOWN.find(([start]) => begins(bytes, start));
  if (known) throw new Problem(known[1], known[2]);
  const encoding = encodingOf(bytes);
  const text = new TextDecoder(encoding).decode(bytes);
  if (text.slice(0, 2000).includes("\0"))
    throw new Problem("This file is not text.", "Choose a file that is a table: CSV, or text with tabs.");
  if (!text.trim())
    throw new Problem("This file is empty.", "Choose a file that has a line of names and, below it, rows of values.");
  return { text, encoding };
}
