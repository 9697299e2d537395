/** Reads one table, or the texts of one column, for the page, which stays usable meanwhile. */
import { guess } from "../data/columns.ts";
import { read, type Table } from "../data/csv.ts";
import { textsOf, type Texts } from "../data/words.ts";
import { Problem } from "../problem.ts";

export type Asked = { bytes: ArrayBuffer } | { cells: string[] };
export type Said<T> = { found: T } | { message: string; mend: string };

declare const self: {
  onmessage: (event: MessageEvent<Asked>) => void;
  postMessage(said: Said<Table | Texts>, given?: Transferable[]): void;
};

function buffers(texts: Texts[]): Transferable[] {
  return texts.flatMap(({ places, starts }) => [places.buffer, starts.buffer]);
}

/** A table with what its columns hold, and the words of those that hold texts. */
function tableOf(bytes: ArrayBuffer): Table {
  const table = read(new Uint8Array(bytes));
  const columns = guess(table);
  const texts = columns.filter(({ kind }) => kind === "text");
  const found = texts.map(({ index }) => [index, textsOf(table.rows.map((row) => row[index]))] as const);
  return { ...table, columns, texts: Object.fromEntries(found) };
}

function answer(asked: Asked): void {
  if ("cells" in asked) {
    const texts = textsOf(asked.cells);
    return self.postMessage({ found: texts }, buffers([texts]));
  }
  const table = tableOf(asked.bytes);
  self.postMessage({ found: table }, buffers(Object.values(table.texts ?? {})));
}

self.onmessage = ({ data }) => {
  try {
    answer(data);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    self.postMessage({ message: error.message, mend: error.mend });
  }
};
