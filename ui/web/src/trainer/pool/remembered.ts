/** Searches that this browser asked for, with the project that each is of: what is loaded again goes on with them. */
import type { Part } from "../data/prepared.ts";
import type { Kept } from "../saving/opening.ts";

const PLACE = "mlabs-trainer-pool";
/** Searches that are remembered. */
const MOST = 5;

export interface Remembered {
  search: string;
  /** Of the rows that it was asked for with. */
  mark: string;
  /** Null where the data are too large for this browser to keep. */
  kept: Kept | null;
}

/** Tells other rows from the same ones: FNV-1a over their numbers, twice. */
export function markOf(parts: Part[]): string {
  let [one, other] = [0x811c9dc5, 0x01000193];
  for (const { x, y } of parts)
    for (const values of [x, y])
      for (const byte of new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) {
        one = Math.imul(one ^ byte, 0x01000193);
        other = Math.imul(other ^ byte ^ 0x55, 0x01000193);
      }
  return [one, other].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

function all(): Remembered[] {
  return JSON.parse(localStorage.getItem(PLACE) ?? "[]") as Remembered[];
}

/** The newest first; data that find no room are left out. */
export function remember(one: Remembered): void {
  const others = all().filter(({ search }) => search !== one.search);
  const lists = [[one, ...others], [one], [{ ...one, kept: null }]];
  for (const list of lists) {
    try {
      return localStorage.setItem(PLACE, JSON.stringify(list.slice(0, MOST)));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }
}

export function remembered(search: string): Remembered | null {
  return all().find((one) => one.search === search) ?? null;
}

/** It is followed no more when the page is loaded again. */
export function forget(search: string): void {
  localStorage.setItem(PLACE, JSON.stringify(all().filter((one) => one.search !== search)));
}
