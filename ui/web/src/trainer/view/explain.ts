/** Step 7: what the network goes by (its borders, the inputs that it needs, its weights), and taking it along. */
import { binned, short } from "../data/columns.ts";
import { namesOf } from "../data/inputs.ts";
import type { Project } from "../project.ts";
import type { Run } from "../run.ts";
import { importance } from "../score/importance.ts";
import type { Weight } from "../worker/protocol.ts";
import { Activations } from "./activations.ts";
import { asking } from "./asking.ts";
import { boundary, planar } from "./boundary.ts";
import { button, h, redraw } from "./dom.ts";
import { notice, table } from "./parts.ts";
import { bars, histogram } from "./bars.ts";
import { taking } from "./taking.ts";
import { words } from "./wording.ts";

const MOST = 20;
const WRONG = "explain-wrong";

export class ExplainStep {
  private plane = h("div", { class: "trainer__plane" });
  private rest = h("div", { class: "stack" });
  private busy = false;

  constructor(
    place: HTMLElement,
    private project: Project,
  ) {
    place.append(this.plane, this.rest);
    project.hear((step) => ["data", "training", "results"].includes(step) && void this.heard(step === "results"));
  }

  private async heard(live: boolean): Promise<void> {
    const { run } = this.project;
    if (!live) this.show(run);
    if (!run?.usable || !planar(run.prepared)) return redraw(this.plane);
    // The plane follows the training as fast as it is drawn.
    if (this.busy || this.plane.querySelector("details[open]")) return;
    this.busy = true;
    const current = (): boolean => run === this.project.run;
    const show = (what: HTMLElement): void => redraw(this.plane, what);
    await asking(current, show, async () => {
      const drawn = await boundary(run);
      if (current()) show(drawn);
    });
    this.busy = false;
  }

  private show(run: Run | null): void {
    if (run?.state !== "ended" || !run.usable)
      return redraw(
        this.rest,
        h(
          "p",
          { class: "muted" },
          "After training: which columns, or which words of texts, the network goes by. With two numbers as inputs, also where it draws its borders, while it learns.",
        ),
      );
    const actions = h("div", { class: "row" });
    const asking = (label: string, id: string, work: () => Promise<void>): HTMLElement =>
      button(label, () => void this.attempt(run, work), { id });
    if (run.prepared.inputs.length && run.prepared.shape.length === 1)
      actions.append(asking("Which columns matter", "matters", () => this.matters(run)));
    if (run.prepared.text) actions.append(asking("Which words matter", "words", () => this.words(run)));
    actions.append(asking("Show the weights", "weights", () => this.weights(run)));
    actions.append(asking("Show what each layer does", "activations", () => this.layers(run)));
    redraw(this.rest, actions, taking(run, (work) => this.attempt(run, work)));
  }

  /** Does what a button asks for; what is wrong with it is said. */
  private async attempt(run: Run, work: () => Promise<void>): Promise<void> {
    document.getElementById(WRONG)?.remove();
    await asking(() => run === this.project.run, (wrong) => this.add(run, WRONG, wrong), work);
  }

  private add(run: Run, name: string, made: HTMLElement): void {
    if (run !== this.project.run) return;
    made.id = name;
    document.getElementById(name)?.remove();
    this.rest.firstElementChild?.after(made);
  }

  private async matters(run: Run): Promise<void> {
    const { prepared } = run;
    const found = await importance(prepared, prepared.validation, (x) => run.predict(x), run.job.seed);
    const classes = prepared.task === "classes";
    const told = (value: number): string => (classes ? `${(value * 100).toFixed(1)} points` : short(value));
    this.add(
      run,
      "shown-importance",
      h(
        "section",
        { class: "stack stack--tight" },
        h("h3", {}, "Which columns matter"),
        h(
          "p",
          { class: "small muted" },
          `Each column's values are shuffled among the validation rows. The longer the bar, the ${classes ? "more accuracy is lost" : "larger the mean error gets"} without it. Columns that say the same can stand in for one another.`,
        ),
        bars(
          found.slice(0, MOST).map(({ name, drop }) => ({ label: name, value: drop })),
          told,
        ),
      ),
    );
  }

  private async words(run: Run): Promise<void> {
    this.add(run, "shown-words", await words(run));
  }

  private async layers(run: Run): Promise<void> {
    const shown = new Activations(run, (work) => this.attempt(run, work));
    await shown.show(0);
    this.add(run, "shown-activations", shown.element);
  }

  private async weights(run: Run): Promise<void> {
    const found = await run.weights();
    const rows = found.map((weight) => {
      const values = [...weight.values];
      const bins = binned(values, 12);
      const small = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
      return [
        weight.name,
        weight.shape.join(" × "),
        short(Math.sqrt(small)),
        histogram(`${weight.name}: ${bins.map((bar) => `${bar.label}: ${bar.count}`).join(", ")}`, bins),
      ];
    });
    this.add(
      run,
      "shown-weights",
      h(
        "section",
        { class: "stack stack--tight" },
        h("h3", {}, "The weights"),
        table("The weights", ["Weight", "Shape", "Usual size", "How they are spread"], rows),
        this.straight(run, found) ?? "",
      ),
    );
  }

  /** Without hidden layers each weight can be read: what an input says for each class. */
  private straight(run: Run, [kernel]: Weight[]): HTMLElement | null {
    const { inputs, classes, target } = run.prepared;
    if (run.job.given || run.job.layers.length || !inputs.length || run.prepared.width > 60) return null;
    const names = namesOf(inputs);
    const heads = classes.length ? classes : [target];
    const rows = names.map((name, at) => [
      name,
      ...heads.map((_, index) => short(kernel.values[at * heads.length + index])),
    ]);
    return h(
      "div",
      { class: "stack stack--tight" },
      notice("plain", "Without a hidden layer each weight says how much an input speaks for a class."),
      table("What each input speaks for", ["Input", ...heads], rows),
      h("p", { class: "small muted" }, "Inputs are scaled as in step 2."),
    );
  }
}
