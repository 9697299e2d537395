/** Step 2: what is predicted, from what, how it is scaled, and which rows are kept apart. */
import type { Part } from "../data/prepared.ts";
import { layouts, type Layout } from "../data/layouts.ts";
import type { Shares } from "../data/split.ts";
import { taskOf, type Task } from "../data/target.ts";
import { SEED } from "../network/words.ts";
import type { Project } from "../project.ts";
import { columnTable, refit } from "./column_table.ts";
import { h, number, redraw, select } from "./dom.ts";
import { notes, notice, problem } from "./parts.ts";
import { textChoices } from "./texts.ts";

const LAYOUTS: Record<Layout, string> = {
  columns: "columns side by side",
  picture: "the pixels of a picture",
  series: "a series, one after the other",
  text: "a text, read word by word",
};
const TASKS: [Task, string][] = [
  ["classes", "a class"],
  ["number", "a number"],
];
export class ColumnsStep {
  constructor(
    private place: HTMLElement,
    private project: Project,
  ) {
    project.hear((step) => (step === "data" || step === "columns") && this.show());
  }

  private show(): void {
    const { project } = this;
    redraw(
      this.place,
      project.table && this.target(),
      project.problem && problem(project.problem),
      project.table && this.constant(),
      project.table && columnTable(project),
      textChoices(project),
      this.split(),
      project.problem ? null : this.summary(),
    );
  }

  private target(): HTMLElement {
    const { project } = this;
    const { columns, target } = project;
    const found = target && project.table ? (project.task ?? taskOf(project.table, target)) : "classes";
    const shapes = project.table ? layouts(project.table, project.used) : [];
    const choices = columns
      .filter((one) => (one.kind !== "unused" && one.kind !== "text") || one === target)
      .map((one): [string, string] => [String(one.index), one.name]);
    return h(
      "div",
      { class: "halves" },
      select(
        "target",
        "Predict",
        choices,
        String(target?.index),
        (value) => this.aim(Number(value)),
        "The column that the network shall find out from the others.",
      ),
      target?.kind === "number"
        ? select(
            "task",
            "As",
            TASKS,
            found,
            (value) => project.choose(() => (project.task = value as Task)),
            "A class is one of a few; a number can be anything between.",
          )
        : null,
      shapes.length > 1
        ? select(
            "layout",
            "The columns are",
            shapes.map((one) => [one, LAYOUTS[one]]),
            project.layout,
            (value) => project.choose(() => (project.layout = value as Layout)),
            shapes.includes("text")
              ? "A text is read by itself: the other columns are not used beside it."
              : "Pictures can have convolutions, series recurrent layers.",
          )
        : null,
    );
  }

  /** Columns that nobody finds among those to predict, and why. */
  private constant(): HTMLElement | null {
    const { columns, target } = this.project;
    const same = columns.filter((one) => one.kind === "unused" && one.distinct === 1 && one !== target).map(({ name }) => `“${name}”`);
    if (!same.length) return null;
    const shown = same.length > 4 ? `${same.slice(0, 4).join(", ")} and ${same.length - 4} more` : same.join(", ");
    return h(
      "p",
      { class: "small muted" },
      `Not to be predicted: ${shown}, which ${same.length === 1 ? "has" : "have"} the same value in every row.`,
    );
  }

  private aim(index: number): void {
    this.project.choose(() => {
      this.project.target = this.project.columns[index];
      this.project.task = null;
      refit(this.project);
    });
  }

  private split(): HTMLElement {
    const { project } = this;
    const share = (name: keyof Shares, label: string, hint: string): HTMLElement =>
      number(
        `share-${name}`,
        label,
        Math.round(project.shares[name] * 100),
        { min: 5, max: 90, step: 5 },
        (value) => {
          const kept = Math.min(90, Math.max(5, value || 5)) / 100;
          project.choose(() => (project.shares = { ...project.shares, [name]: kept }));
        },
        hint,
      );
    const seed = number(
      "seed",
      "Seed",
      project.seed,
      { min: 0, max: 999999, step: 1 },
      (value) => project.choose(() => (project.seed = Math.abs(Math.trunc(value || 0)))),
      SEED,
    );
    return h(
      "div",
      { class: "quarters" },
      share("train", "Training, %", "Rows that are learned from."),
      share("validation", "Validation, %", "Rows to see how learning goes, and to choose by."),
      share("test", "Test, %", "Rows kept apart for one last look."),
      seed,
    );
  }

  private summary(): HTMLElement | null {
    const { prepared, goal } = this.project;
    if (!prepared) return null;
    const count = (part: Part): string => part.rows.length.toLocaleString("en");
    const rows = `${count(prepared.train)} for training, ${count(prepared.validation)} for validation, ${count(prepared.test)} kept for the test`;
    const mixed = prepared.task === "classes" ? ", with the same share of each class in all" : "";
    const what =
      prepared.task === "classes"
        ? `one of ${prepared.classes.length} classes (${prepared.classes.slice(0, 6).join(", ")}${prepared.classes.length > 6 ? ", …" : ""})`
        : "a number";
    const from = prepared.text
      ? `the words of “${prepared.text.name}”`
      : prepared.shape.length > 1
        ? prepared.shape.join(" × ")
        : `${prepared.width} ${prepared.width === 1 ? "number" : "numbers"}`;
    return notice(
      "success",
      h(
        "div",
        { class: "stack stack--tight" },
        h("p", {}, `From ${from} the network predicts ${what}. Rows: ${rows}${mixed}.`),
        notes(goal && this.project.table ? goal.notes : []),
      ),
    );
  }
}
