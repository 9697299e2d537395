/** What several steps show: notices, tables, and what stands against going on. */
import { Problem } from "../problem.ts";
import { h, type Child } from "./dom.ts";

export function notice(kind: "warning" | "danger" | "success" | "plain", ...children: Child[]): HTMLElement {
  const attributes = {
    class: `notice${kind === "plain" ? "" : ` notice--${kind}`}`,
    role: kind === "danger" ? "alert" : null,
  };
  return h("div", attributes, ...children);
}

/** What is wrong, and the mend; what nobody foresaw is for the browser's console as well. */
export function problem(error: unknown): HTMLElement {
  const known = error instanceof Problem ? error : unforeseen(error);
  return notice("danger", h("p", {}, h("strong", {}, known.message), ` ${known.mend}`));
}

function unforeseen(error: unknown): Problem {
  console.error(error);
  const said = error instanceof Error ? error.message : String(error);
  return new Problem(`That did not work: ${said.replace(/\.$/, "")}.`, "Try it again.");
}

export function notes(list: string[]): HTMLElement | null {
  return list.length ? h("ul", { class: "trainer__notes muted small" }, ...list.map((one) => h("li", {}, one))) : null;
}

export type Cell = string | number | Node;

/** A table that scrolls in itself; the first cell of each row is its head. */
export function table(name: string, head: string[], rows: Cell[][], more = ""): HTMLElement {
  const body = rows.map((row) =>
    h(
      "tr",
      {},
      ...row.map((cell, index) =>
        h(
          index ? "td" : "th",
          index ? { "data-label": head[index] } : { scope: "row" },
          typeof cell === "number" ? String(cell) : cell,
        ),
      ),
    ),
  );
  return h(
    "div",
    { class: `grid-wrap ${more}`, tabindex: 0, role: "region", "aria-label": name },
    h(
      "table",
      { class: "grid" },
      h("thead", {}, h("tr", {}, ...head.map((one) => h("th", { scope: "col" }, one)))),
      h("tbody", {}, ...body),
    ),
  );
}

/** A chart with the same in a table below it, to be opened; by an `id` that keeps the focus where it is drawn anew. */
export function charted(title: string, drawing: Node, asTable: () => HTMLElement, value = "", id?: string): HTMLElement {
  const details = h("details", {}, h("summary", { id }, "As a table"));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(asTable());
  });
  return h(
    "figure",
    { class: "chart" },
    h("figcaption", {}, h("span", {}, title), h("strong", { class: "chart__value" }, value)),
    drawing,
    details,
  );
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}\u00a0%`;
}

/** Letters of a cell that stay in a line, and those that are shown at all. */
const SHORT = 40;
const LONG = 300;

/** A cell of the data for a table: a text may be long. */
export function clipped(cell: string): Cell {
  if (cell.length <= SHORT) return cell;
  return h("span", { class: "grid__text" }, cell.length > LONG ? `${cell.slice(0, LONG)} …` : cell);
}
