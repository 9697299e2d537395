/** Step 5: how good the network is on rows that it did not learn from, and where it is wrong. */
import { inForm } from "../data/form.ts";
import type { Project } from "../project.ts";
import type { Run } from "../run.ts";
import { outcome, worst, type Outcome, type Wrong } from "../score/outcome.ts";
import { asking } from "./asking.ts";
import { h, redraw } from "./dom.ts";
import { growing } from "./growing.ts";
import { clipped, percent, table, type Cell } from "./parts.ts";
import { Curves, details, headline } from "./scores.ts";
import { thumbnail } from "./thumbnail.ts";

const WORST = 10;
const SHOWN = 6;

export class ValidationStep {
  constructor(
    private place: HTMLElement,
    private project: Project,
  ) {
    // What was trained stays until the next training, whatever is chosen meanwhile.
    project.hear((step) => ["data", "training"].includes(step) && void this.show());
  }

  private async show(): Promise<void> {
    const { run } = this.project;
    if (run?.state !== "ended" || !run.usable)
      return redraw(
        this.place,
        h("p", { class: "muted" }, "When training has ended, the rows for validation show here how good it is."),
      );
    const { prepared } = run;
    // What was asked may be another one's by now.
    const current = (): boolean => run === this.project.run && run.state === "ended";
    await asking(current, (wrong) => redraw(this.place, wrong), async () => {
      const raw = await run.predict(prepared.validation.x);
      if (current()) this.draw(run, outcome(prepared, prepared.validation, raw));
    });
  }

  private draw(run: Run, found: Outcome): void {
    const classes = run.prepared.task === "classes";
    redraw(
      this.place,
      h(
        "p",
        { class: "small muted" },
        run.at ? `The network as it was after epoch ${run.at}.` : "The model as it was given.",
      ),
      headline(found, "validation"),
      h("div", { class: "halves" }, ...details(found, "validation")),
      classes && new Curves(found).element,
      this.worst(run, found),
      run.end !== "untouched" && growing(this.project, run),
    );
  }

  private worst(run: Run, found: Outcome): HTMLElement {
    const told = (value: number): string => inForm(value, found.prepared.form);
    const shown = worst(found, WORST, told);
    const classes = found.prepared.task === "classes";
    // What is true stands there as its column has it.
    const cell = ({ row, truth }: Wrong): string => {
      const { target } = run.choices;
      return (!classes && target && this.project.table?.rows[row][target.index]) || truth;
    };
    const head = ["Row", "True", "Said", classes ? "How sure" : "Off by", ...this.heads(run)];
    const rows = shown.map((one): Cell[] => [
      one.row + 1,
      cell(one),
      one.said,
      classes ? percent(one.size) : told(one.size),
      ...this.example(run, found, one),
    ]);
    return h(
      "section",
      { class: "stack stack--tight" },
      h("h3", {}, classes ? "Where it was surest and wrong" : "Where it was most off"),
      rows.length ? table("Worst examples", head, rows) : h("p", { class: "muted" }, "It was right about every row."),
    );
  }

  private heads(run: Run): string[] {
    return pictured(run) ? ["Picture"] : run.features.slice(0, SHOWN).map((column) => column.name);
  }

  private example(run: Run, found: Outcome, one: Wrong): Cell[] {
    const { shape, width } = found.prepared;
    if (pictured(run))
      return [
        thumbnail(
          found.part.x.subarray(one.at * width, (one.at + 1) * width),
          shape as [number, number, number],
          `Picture of ${one.truth}`,
        ),
      ];
    const row = this.project.table?.rows[one.row];
    return run.features.slice(0, SHOWN).map((column) => clipped(row?.[column.index] ?? ""));
  }
}

function pictured({ prepared }: Run): boolean {
  return prepared.shape.length === 3;
}
