/** Has tables and texts read in a worker. */
import type { Table } from "./data/csv.ts";
import type { Texts } from "./data/words.ts";
import { Problem } from "./problem.ts";
import type { Asked, Said } from "./worker/reader.ts";

function asked<T>(address: string, what: Asked, given: Transferable[] = []): Promise<T> {
  const worker = new Worker(address, { type: "module" });
  return new Promise<T>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Said<T>>) =>
      "found" in data ? resolve(data.found) : reject(new Problem(data.message, data.mend));
    worker.onerror = () =>
      reject(
        new Problem("This file could not be read.", "It may be too large for this device: take a part of its rows."),
      );
    worker.postMessage(what, given);
  }).finally(() => worker.terminate());
}

export function reading(address: string, bytes: ArrayBuffer): Promise<Table> {
  return asked(address, { bytes }, [bytes]);
}

/** The words of one column. */
export function wordsOf(address: string, { rows }: Table, index: number): Promise<Texts> {
  return asked(address, { cells: rows.map((row) => row[index]) });
}
