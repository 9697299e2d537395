/** Cells: the keyboard walks through them, and each has an address to pass on. */
import { button, copied } from "./copy";
import { address, show } from "./place";

const LINK =
  '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M6.5 9.5a3 3 0 0 0 4 0l2-2a3 3 0 0 0-4-4l-1 1m2 2a3 3 0 0 0-4 0l-2 2a3 3 0 0 0 4 4l1-1"/></svg>';

let all: HTMLElement[] = [];

const cellOf = (element: EventTarget | null): HTMLElement | null => (element as Element | null)?.closest?.<HTMLElement>(".cell") ?? null;

/** One cell at a time is a stop of the Tab key; the others are reached from it. */
function rove(to: HTMLElement): void {
  for (const cell of all) if (cell.tabIndex === 0) cell.tabIndex = -1;
  to.tabIndex = 0;
}

/** Moves with the pointer and the keyboard: one for all cells, as notebooks may have thousands. */
function tools(): HTMLElement {
  const made = document.createElement("div");
  made.className = "tools";
  made.append(
    button("link", "Copy the link to this cell", LINK, async () => {
      const cell = cellOf(made);
      if (!cell) return "";
      const link = address(cell);
      return (await copied(link)) ? "Link copied" : link;
    }),
  );
  return made;
}

function step(cell: HTMLElement, key: string): HTMLElement | undefined {
  const place = all.indexOf(cell);
  if (key === "j" || key === "ArrowDown") return all[place + 1];
  if (key === "k" || key === "ArrowUp") return all[place - 1];
  if (key === "Home") return all[0];
  return key === "End" ? all.at(-1) : undefined;
}

function pressed(event: KeyboardEvent): void {
  const cell = cellOf(event.target);
  const from = event.target as HTMLElement;
  if (!cell || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  // Fields and outputs that do something have keys of their own; arrows scroll unless the keyboard came to the cell.
  if (from.isContentEditable || from.closest("input, textarea, select, .island")) return;
  if (event.key.length > 1 && !(from === cell && cell.matches(":focus-visible"))) return;
  const to = step(cell, event.key);
  const label = { c: ".source .copy", l: ".tools .link" }[event.key];
  if (to) show(to);
  else if (label) cell.querySelector<HTMLElement>(label)?.click();
  else return;
  event.preventDefault();
}

export function cells(): void {
  all = [...document.querySelectorAll<HTMLElement>(".notebook > .cell")];
  all.forEach((cell, place) => {
    cell.tabIndex = place ? -1 : 0;
    cell.setAttribute("role", "group");
    cell.setAttribute("aria-label", `Cell ${place + 1} of ${all.length}`);
  });
  const bar = tools();
  const follow = (event: Event): void => {
    const cell = cellOf(event.target);
    if (!cell || cell.contains(bar) || (event.type !== "focusin" && bar.contains(document.activeElement))) return;
    cell.prepend(bar);
  };
  document.addEventListener("pointerover", follow);
  document.addEventListener("focusin", (event) => {
    follow(event);
    const cell = cellOf(event.target);
    if (cell) rove(cell);
  });
  document.addEventListener("keydown", pressed);
}
