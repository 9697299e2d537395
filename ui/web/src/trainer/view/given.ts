/** Step 3 where a model was trained elsewhere: what it is, whether it fits the data, and what is done with it. */
import type { Given } from "../given/about.ts";
import { binary, concrete, foreign, inputProblem, outputProblem, told, units } from "../given/fit.ts";
import { order } from "../given/fitted.ts";
import { mends } from "../given/mends.ts";
import type { Prepared } from "../data/prepared.ts";
import type { Project } from "../project.ts";
import { button, check, h, redraw, select } from "./dom.ts";
import { notice, problem, table } from "./parts.ts";

/** So many classes are put to outputs one by one. */
const FEW = 12;

export class GivenStep {
  constructor(
    private place: HTMLElement,
    private project: Project,
  ) {}

  show(given: Given): void {
    const { prepared } = this.project;
    redraw(
      this.place,
      this.head(given),
      prepared ? this.fit(given, prepared) : h("p", { class: "muted" }, "Now choose data for it in step 1."),
      prepared && this.choices(given),
      prepared && this.meaning(given, prepared),
      this.parts(given),
      h(
        "div",
        {},
        button("Build a network instead", () => this.project.takeGiven(null), { id: "given-away" }),
      ),
    );
  }

  private head({ name, about }: Given): HTMLElement {
    const all = about.parts.reduce((sum, part) => sum + part.parameters, 0);
    return h(
      "p",
      {},
      h("strong", {}, name),
      ` takes ${told(about.input)} and gives ${told(about.output)}; ${all.toLocaleString("en")} parameters.`,
    );
  }

  private fit(given: Given, prepared: Prepared): HTMLElement {
    const fits = concrete(given.about.input, prepared.shape) && !foreign(given, prepared);
    const wrong = fits ? outputProblem(given, prepared) : inputProblem(given, prepared);
    const offered = mends(this.project, given, prepared).map((mend, index) =>
      button(mend.label, mend.apply, { id: `mend-${index}` }),
    );
    return h(
      "div",
      { class: "stack stack--tight" },
      wrong ? problem(wrong) : notice("success", "It fits these data."),
      offered.length ? h("div", { class: "row" }, ...offered) : null,
      wrong || this.project.pictures || given.meta || given.about.looksUp
        ? null
        : h(
            "p",
            { class: "small muted" },
            "How its columns were scaled is not written in it: if it was trained on numbers as they are, choose that in step 2. Fine-tuning gets used to either.",
          ),
    );
  }

  private choices(given: Given): HTMLElement {
    const { project } = this;
    const { plan, about } = given;
    const what = select(
      "given-what",
      "What to do",
      [
        ["tune", "fine-tune it: train it further on these data"],
        ["test", "test it as it is"],
      ],
      plan.tune ? "tune" : "test",
      (value) => project.plan(value === "tune" ? { tune: true } : { tune: false, fresh: false }),
      plan.tune
        ? "Its weights move a little towards these rows."
        : "Nothing is learned: all rows only show how good it is.",
    );
    if (!plan.tune) return h("div", { class: "halves" }, what);
    const kept = about.parts
      .slice(0, about.head)
      .map((part, index): [string, string] => [String(index + 1), `up to ${index + 1}: ${part.name}`]);
    const fixed = select(
      "given-fixed",
      "Layers that stay as they are",
      [["0", "none"], ...kept],
      String(plan.fixed),
      (value) => project.plan({ fixed: Number(value) }),
      "With few rows keep most: the first layers see what all such data have in common.",
    );
    const fresh = about.replaceable
      ? check("given-fresh", "A new last layer in the place of its own", plan.fresh, (value) =>
          project.plan({ fresh: value }),
        )
      : null;
    return h("div", { class: "halves" }, what, fixed, fresh);
  }

  /** Outputs have no names: which class each one means is a person's to say. */
  private meaning(given: Given, prepared: Prepared): HTMLElement | null {
    const { classes } = prepared;
    const size = units(given.about) ?? 0;
    if (given.plan.fresh || !classes.length || !(size === classes.length || binary(given, classes.length))) return null;
    const now = order(given, classes) ?? classes;
    if (given.meta?.classes === now) return null;
    if (classes.length > FEW)
      return h("p", { class: "small muted" }, `Its outputs are taken in the order of the classes: ${now.join(", ")}.`);
    const choose = (at: number) => (value: string) => {
      const next = [...now];
      next[now.indexOf(value)] = now[at];
      next[at] = value;
      this.project.plan({ order: next });
    };
    const options = classes.map((name): [string, string] => [name, name]);
    return h(
      "fieldset",
      { class: "stack stack--tight" },
      h("legend", { class: "legend" }, "What its outputs mean"),
      h(
        "div",
        { class: "quarters" },
        ...now.map((name, at) => select(`given-output-${at}`, `Output ${at}`, options, name, choose(at))),
      ),
    );
  }

  private parts({ about }: Given): HTMLElement {
    return h(
      "details",
      { class: "more" },
      h("summary", {}, `Its ${about.parts.length} layers`),
      table(
        "Layers of the model",
        ["Layer", "Kind", "Gives", "Parameters"],
        about.parts.map((part) => [
          part.name,
          part.kind,
          part.shape ? told(part.shape) : "several shapes",
          part.parameters.toLocaleString("en"),
        ]),
      ),
    );
  }
}
