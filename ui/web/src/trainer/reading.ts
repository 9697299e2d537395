/** Has a table read in a worker. */
import type { Table } from "./data/csv.ts";
import { Problem } from "./problem.ts";
import type { Read } from "./worker/reader.ts";

export function reading(address: string, bytes: ArrayBuffer): Promise<Table> {
  const worker = new Worker(address, { type: "module" });
  return new Promise<Table>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Read>) =>
      "table" in data ? resolve(data.table) : reject(new Problem(data.message, data.mend));
    worker.onerror = () =>
      reject(
        new Problem("This file could not be read.", "It may be too large for this device: take a part of its rows."),
      );
    worker.postMessage(bytes, [bytes]);
  }).finally(() => worker.terminate());
}
