/** What the pool is asked for: one network or many, and who gets to see what. */
import type { Spec } from "../../community/shapes.ts";
import type { Halving } from "../pool/shapes.ts";
import { specOf } from "../pool/spec.ts";
import { halvingOf, LIMITS, listed, MOST_JOBS, usual, variations, type Ranges, type Way } from "../pool/variations.ts";
import { network } from "../pool/progress.ts";
import { Problem } from "../problem.ts";
import type { Project } from "../project.ts";
import { button, check, h, number, redraw, select, type Child } from "./dom.ts";
import { problem } from "./parts.ts";

type Field = keyof typeof LIMITS;

const WAYS: [Way, string][] = [
  ["one", "This network, as it is"],
  ["grid", "A grid: all of some values"],
  ["random", "Some, drawn by chance"],
];
const HINTS: Record<Field, string> = {
  rates: "How far each step goes.",
  widths: "2 is twice as many units or filters in each layer.",
  depths: "Of the network's dense layers the last ones go, or the last one stands there again.",
};

export class PoolForm {
  private way: Way = "one";
  private count = 12;
  private halves = false;
  private consent = false;
  /** What a person wrote, where it is not what is proposed. */
  private texts: Partial<Record<Field, string>> = {};
  private told = h("div", { class: "stack stack--tight", "aria-live": "polite" });

  constructor(
    private project: Project,
    private send: () => void,
    /** What was said of the last attempt is no longer so. */
    private changed: () => void,
  ) {}

  shown(): Child[] {
    const { prepared } = this.project;
    if (!prepared) return [h("p", { class: "muted" }, "The pool needs data and a network, as training here does.")];
    const way = select("pool-way", "What is to be trained", WAYS, this.way, (value) => this.change({ way: value as Way }));
    this.tell();
    return [
      h(
        "p",
        {},
        "Machines that others lend train it, also many networks at once. It takes longer than here for one small network, and far less for many.",
      ),
      h("div", { class: "quarters" }, way, ...this.fields()),
      this.way !== "one" && this.halving(),
      this.told,
      check("pool-consent", this.consented(), this.consent, (consent) => this.change({ consent })),
      h("div", {}, button("Send to the pool", this.send, { id: "pool-send", class: "button button--primary" })),
    ];
  }

  private consented(): string {
    const rows = (count = 0): string => count.toLocaleString("en");
    const { train, validation, test } = this.project.prepared!;
    return `Volunteers may see the ${rows(train.rows.length)} rows to learn from, as the numbers that the network gets, without names of columns. The ${rows(validation.rows.length)} for validation stay on this server, which scores with them. The ${rows(test.rows.length)} test rows stay in this page.`;
  }

  private fields(): Child[] {
    if (this.way === "one") return [];
    const drawn = this.way === "random";
    const some = (Object.keys(LIMITS) as Field[]).map((field) => this.list(field, drawn));
    const count = number("pool-count", "How many", this.count, { min: 1, max: MOST_JOBS, step: 1 }, (value) => this.change({ count: value }));
    return [...some, drawn && count];
  }

  private list(field: Field, drawn: boolean): HTMLElement {
    const id = `pool-${field}`;
    const control = h("input", { id, value: this.text(field), autocomplete: "off", "aria-describedby": `${id}-hint` });
    control.addEventListener("input", () => {
      this.texts[field] = control.value;
      this.tell();
    });
    const hint = `${HINTS[field]}${drawn ? " Drawn between the least and the most of these." : ""}`;
    return h(
      "div",
      { class: "field" },
      h("label", { for: id }, LIMITS[field][0]),
      control,
      h("p", { class: "hint", id: `${id}-hint` }, hint),
    );
  }

  private halving(): HTMLElement {
    const label = "Stop the worse half on the way, and again the worse half of the rest";
    return check("pool-halving", label, this.halves, (halves) => this.change({ halves }));
  }

  private text(field: Field): string {
    return this.texts[field] ?? usual(this.project)[field].join(", ");
  }

  private change(change: Partial<{ way: Way; count: number; halves: boolean; consent: boolean }>): void {
    Object.assign(this, change);
    this.changed();
    if (change.way === undefined) return this.tell();
    const place = this.told.parentElement;
    if (place) redraw(place, ...this.shown());
  }

  private ranges(): Ranges {
    const lists = this.way === "one" ? usual(this.project) : this.lists();
    return { ...lists, way: this.way, count: this.count };
  }

  private lists(): Pick<Ranges, Field> {
    const list = (field: Field): number[] => {
      const [name, least, most, whole] = LIMITS[field];
      return listed(name, this.text(field), least, most, whole);
    };
    return { rates: list("rates"), widths: list("widths"), depths: list("depths") };
  }

  private jobs(): Spec[] {
    return variations(specOf(this.project), this.ranges());
  }

  private halvingFor(jobs: Spec[]): Halving | undefined {
    return (this.way !== "one" && this.halves && halvingOf(jobs[0].options.epochs, jobs.length)) || undefined;
  }

  /** How much this would be, before it is sent. */
  private tell(): void {
    try {
      const jobs = this.jobs();
      redraw(this.told, ...this.amount(jobs, this.halvingFor(jobs)));
    } catch (error) {
      redraw(this.told, problem(error));
    }
  }

  private amount(jobs: Spec[], halving?: Halving): Child[] {
    const { epochs } = jobs[0].options;
    const many = jobs.length === 1 ? "1 network" : `${jobs.length} networks`;
    const after = halving ? ` After ${halving.rungs.join(" and after ")} epochs the better half goes on.` : "";
    const few = this.halves && this.way !== "one" && !halving ? " They are too few, or too short, for halves." : "";
    const patience = this.project.options.patience
      ? " Early stopping is for this page alone: the last epoch counts there, so do not take many more than needed."
      : "";
    const names = [...new Set(jobs.map(({ layers }) => network(layers)))];
    const list = names.length > 6 ? `${names.slice(0, 6).join("; ")}; and more` : names.join("; ");
    return [
      h("p", {}, h("strong", {}, `${many}, ${epochs} epochs each.`), `${after}${few}${patience}`),
      h("p", { class: "small muted" }, `${list}. All with the seed ${this.project.seed}.`),
    ];
  }

  /** What is asked for; a Problem where something is missing. */
  wish(): { jobs: Spec[]; halving?: Halving; consent: boolean } {
    const jobs = this.jobs();
    if (!this.consent)
      throw new Problem("Volunteers see the rows to learn from.", "Say above that they may, or train in this page.");
    return { jobs, halving: this.halvingFor(jobs), consent: true };
  }
}
