/** Reads one table for the page, which stays usable while a large file is gone through. */
import { read, type Table } from "../data/csv.ts";
import { Problem } from "../problem.ts";

export type Read = { table: Table } | { message: string; mend: string };

declare const self: { onmessage: (event: MessageEvent<ArrayBuffer>) => void; postMessage(found: Read): void };

self.onmessage = ({ data }) => {
  try {
    self.postMessage({ table: read(new Uint8Array(data)) });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    self.postMessage({ message: error.message, mend: error.mend });
  }
};
