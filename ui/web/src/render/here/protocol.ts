/** What the document and its worker say to each other. */
import type { Output } from "../live/outputs";

export type Language = "python" | "javascript";

export interface Task {
  code: string;
  language: Language;
  /** What the cell is called in its errors. */
  name: string;
  /** The administrator's address of Pyodide. */
  from: string;
}

export interface Result {
  failed: boolean;
  /** The module that the cell lacked, where it did. */
  lacked: string;
}

export type Said = { doing: string } | { output: Output } | { done: Result } | { broken: string };
