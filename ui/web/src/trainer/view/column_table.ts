/** The columns one by one: what each holds, and what it is used as. */
import { binned, histogram as counted, type Bar, type Column, type Kind, type Scaling } from "../data/columns.ts";
import { fittingLayout } from "../data/layouts.ts";
import { lengthOf } from "../data/words.ts";
import type { Project } from "../project.ts";
import { histogram } from "./bars.ts";
import { h } from "./dom.ts";
import { notice, problem, table } from "./parts.ts";

const KINDS: [Kind, string][] = [
  ["number", "number"],
  ["category", "category"],
  ["text", "text"],
  ["unused", "not used"],
];
const SCALINGS: [Scaling, string][] = [
  ["standard", "mean 0, spread 1"],
  ["range", "from 0 to 1"],
  ["none", "as it is"],
];
/** So many columns are shown one by one. */
const SHOWN = 40;

/** Another way to look at the columns where the one that was chosen does not fit any more. */
export function refit(project: Project): void {
  project.layout = fittingLayout(project.table!, project.used, project.layout);
}

export function columnTable(project: Project): HTMLElement {
  const shown = project.columns.filter((column) => column !== project.target);
  if (shown.length > SHOWN)
    return notice(
      "plain",
      `${project.features.length} of ${shown.length} columns are used, each as proposed: too many to be shown one by one.`,
    );
  return table(
    "Columns to predict from",
    ["Column", "Holds", "Used as", "Scaled", "Missing"],
    shown.map((column) => row(project, column)),
    "grid-wrap--wide",
  );
}

function row(project: Project, column: Column): (string | number | Node)[] {
  const said = h("p", { class: "small muted" }, column.reason);
  const kind = bare(
    `kind-${column.index}`,
    `Use ${column.name} as`,
    KINDS,
    column.kind,
    (value) => void use(project, column, value as Kind, said),
  );
  const [bars, what] = holds(project, column);
  const told = bars.map((bar) => `${bar.label}: ${bar.count}`).join(", ");
  const name = h("div", {}, column.name, said);
  return [name, histogram(`${column.name}, ${what}: ${told}`, bars), kind, scaled(project, column), missing(column)];
}

/** What a drawing of a column shows. */
function holds({ table: found }: Project, column: Column): [Bar[], string] {
  const texts = column.kind === "text" ? found?.texts?.[column.index] : undefined;
  if (texts) return [binned([...texts.starts.slice(1).keys()].map((row) => lengthOf(texts, row)), 10), "words in a text"];
  return [found ? counted(found, column) : [], "rows"];
}

/** Changes what a column is used as; one text at a time is read. */
async function use(project: Project, column: Column, kind: Kind, said: HTMLElement): Promise<void> {
  if (kind === "text") {
    said.setAttribute("role", "status");
    said.textContent = "Its words are being looked for …";
    try {
      await project.read(column);
    } catch (error) {
      return said.replaceChildren(problem(error));
    }
    // Other data may have been chosen meanwhile.
    if (!project.columns.includes(column)) return;
  }
  project.choose(() => {
    if (kind === "text") {
      for (const other of project.columns) if (other.kind === "text") other.kind = "unused";
      project.layout = "text";
    }
    column.kind = kind;
    refit(project);
  });
}

function scaled(project: Project, column: Column): string | Node {
  const text = project.layout === "text";
  if (column.kind === "unused") return "";
  if (column.kind === "text") return text ? "each word by its number" : "not used side by side";
  if (text) return "not used beside the text";
  if (column.kind === "category") return "a 1 for its kind";
  if (project.layout !== "columns") return "";
  return bare(`scaling-${column.index}`, `Scale ${column.name}`, SCALINGS, column.scaling, (value) =>
    project.choose(() => {
      column.scaling = value as Scaling;
    }),
  );
}

function missing({ kind, missing: count }: Column): string {
  if (!count) return "none";
  const taken = { number: ", taken as the median", category: ", taken as no kind", text: "", unused: "" };
  return `${count}${taken[kind]}`;
}

/** A choice in a table, whose row and column name it. */
function bare(
  id: string,
  label: string,
  options: [string, string][],
  value: string,
  change: (value: string) => void,
): HTMLElement {
  const control = h("select", {
    id,
    class: "input",
    "aria-label": label,
    onchange: (event) => change((event.target as HTMLSelectElement).value),
  });
  control.append(...options.map(([one, text]) => h("option", { value: one, selected: one === value }, text)));
  return control;
}
