/** Reads one table for the page, which stays usable while a large file is gone through. */
import { guess } from "../data/columns.ts";
import { read, type Table } from "../data/csv.ts";
import { Problem } from "../problem.ts";

export type Read = { table: Table } | { message: string; mend: string };

declare const self: { onmessage: (event: MessageEvent<ArrayBuffer>) => void; postMessage(found: Read): void };

self.onmessage = ({ data }) => {
  try {
    const table = read(new Uint8Array(data));
    self.postMessage({ table: { ...table, columns: guess(table) } });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    self.postMessage({ message: error.message, mend: error.mend });
  }
};
