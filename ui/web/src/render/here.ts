/** Lets readers run a notebook's code, changed as they like, in a worker of this walled-in document. */
import { Bench } from "./here/bench";
import { Cell } from "./here/cell";
import type { Language } from "./here/protocol";

const LANGUAGES: [RegExp, Language][] = [
  [/^(?:ipython|python)\d*$/i, "python"],
  [/^(?:javascript|js)$/i, "javascript"],
];

function start(): void {
  const main = document.querySelector<HTMLElement>("main[data-pyodide]");
  const language = LANGUAGES.find(([pattern]) => pattern.test(main?.dataset.language || "python"))?.[1];
  if (!main || !language) return;
  const sections = [...main.querySelectorAll<HTMLElement>(".cell.code")];
  const cells = sections.map((section, at) => new Cell(section, at + 1, language));
  const runnable = cells.filter(({ section }) => section.querySelector(".source pre code"));
  if (runnable.length) new Bench(runnable, main.dataset.pyodide ?? "");
}

start();
