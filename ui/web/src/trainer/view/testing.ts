/** Step 6: one look at the rows kept apart, and what the network says of examples of one's own. */
import { formOf, inForm, type Form } from "../data/form.ts";
import { resized, type Frame } from "../given/resize.ts";
import { encode, type Input } from "../data/inputs.ts";
import type { Text } from "../data/vocabulary.ts";
import type { Project } from "../project.ts";
import type { Run } from "../run.ts";
import { outcome, scored } from "../score/outcome.ts";
import { asking } from "./asking.ts";
import { button, h, redraw } from "./dom.ts";
import { filling } from "./filling.ts";
import { small, SIDE } from "./folder.ts";
import { Pad } from "./pad.ts";
import { notice, percent } from "./parts.ts";
import { bars } from "./bars.ts";
import { details, headline } from "./scores.ts";
import { Writing } from "./writing.ts";

/** Rows that show how a column writes its numbers. */
const FEW = 1000;

export class TestStep {
  private sealed = h("div", { class: "stack" });
  private own = h("div", { class: "stack" });
  private said = h("div", { role: "status" });
  private shownFor: Run | null = null;

  constructor(
    place: HTMLElement,
    private project: Project,
  ) {
    place.append(this.sealed, this.own);
    project.hear((step) => ["data", "training"].includes(step) && this.show());
  }

  private show(): void {
    const { run } = this.project;
    if (run?.state !== "ended" || !run.usable) {
      this.shownFor = null;
      redraw(
        this.sealed,
        h(
          "p",
          { class: "muted" },
          "When you are content with the validation, look once at the rows that nothing has seen.",
        ),
      );
      return redraw(this.own);
    }
    redraw(this.sealed, this.offer(run));
    if (this.shownFor !== run) this.ask(run);
    this.shownFor = run;
  }

  private offer(run: Run): HTMLElement {
    const rows = run.prepared.test.rows.length;
    const looked = this.project.tested;
    const told = looked
      ? `These rows have been looked at ${looked === 1 ? "once" : `${looked} times`} already. If you changed the network because of what they said, they are no test any more: another seed in step 2 keeps other rows apart.`
      : `${rows.toLocaleString("en")} rows were kept apart: neither training nor your choices have seen them. Look once, at the end.`;
    return h(
      "div",
      { class: "stack stack--tight" },
      h("p", {}, told),
      h(
        "div",
        {},
        button(looked ? "Test again" : "Test", () => void this.attempt(run, this.sealed, () => this.test(run)), {
          id: "test",
          class: "button button--primary",
        }),
      ),
    );
  }

  /** Does it; what is wrong is said at its place. */
  private attempt(run: Run, place: HTMLElement, work: () => Promise<void>): Promise<void> {
    const show = (wrong: HTMLElement): void => redraw(place, wrong, place === this.sealed && this.offer(run));
    return asking(() => run === this.project.run, show, work);
  }

  private async test(run: Run): Promise<void> {
    const { prepared } = run;
    const raw = await run.predict(prepared.test.x);
    if (run !== this.project.run) return;
    const found = outcome(prepared, prepared.test, raw);
    run.tested = scored(found);
    this.project.look();
    redraw(
      this.sealed,
      h("div", { role: "status" }, headline(found, "test")),
      h("div", { class: "halves" }, ...details(found, "test")),
      this.offer(run),
    );
  }

  private ask(run: Run): void {
    const { shape, inputs, text } = run.prepared;
    redraw(this.said);
    if (text) return this.writes(run, text);
    if (shape.length === 3) return shape[2] === 1 && shape[0] === shape[1] ? this.draws(run) : this.picks(run);
    if (inputs.length && inputs.length <= 40) return this.fills(run);
    redraw(this.own);
  }

  /** A form with a field for each column, which begins with the first test row. */
  private fills(run: Run): void {
    const { inputs, test } = run.prepared;
    const cells = [...(this.project.table?.rows[test.rows[0]] ?? [])];
    const some = this.project.table?.rows.slice(0, FEW) ?? [];
    const form = ({ index }: Input): Form => formOf(some.map((row) => row[index]));
    const fields = inputs.map((input) => filling(input, form(input), cells, () => void predict()));
    const predict = async (): Promise<void> => {
      const x = new Float32Array(run.prepared.width);
      encode(inputs, cells, x);
      await this.answer(run, x);
    };
    redraw(this.own, h("h3", {}, "An example of your own"), h("div", { class: "quarters" }, ...fields), this.said);
    void predict();
  }

  /** A text of one's own, which begins as the first test row. */
  private writes(run: Run, text: Text): void {
    const first = this.project.table?.rows[run.prepared.test.rows[0]]?.[text.index] ?? "";
    const writing = new Writing(run, () => run === this.project.run, text, first, this.said, (x) => this.answer(run, x));
    redraw(this.own, h("h3", {}, "A text of your own"), writing.element);
  }

  private draws(run: Run): void {
    const pad: Pad = new Pad(
      "A pad to draw an example on",
      run.prepared.shape[0],
      () => void this.answer(run, pad.pixels),
    );
    redraw(
      this.own,
      h("h3", {}, "An example of your own"),
      h("p", { class: "muted small" }, "Draw what the pictures show; the network says what it sees."),
      h("div", { class: "trainer__pad" }, pad.element, this.said),
    );
  }

  private picks(run: Run): void {
    const input = h("input", { id: "own-picture", type: "file", accept: "image/*" });
    input.addEventListener("change", async () => {
      const pixels = input.files?.[0] && (await small(input.files[0]));
      if (pixels) await this.answer(run, resized(pixels, [SIDE, SIDE, 3], run.prepared.shape as Frame));
      else redraw(this.said, notice("danger", "This picture could not be read. Use PNG, JPEG, WebP or GIF."));
    });
    redraw(
      this.own,
      h("h3", {}, "A picture of your own"),
      h("div", { class: "field" }, h("label", { for: "own-picture" }, "Picture"), input),
      this.said,
    );
  }

  private async answer(run: Run, x: Float32Array): Promise<void> {
    await this.attempt(run, this.said, () => this.answered(run, x));
  }

  private async answered(run: Run, x: Float32Array): Promise<void> {
    const { classes, deviation, mean, target, form } = run.prepared;
    const raw = await run.predict(x);
    if (run !== this.project.run) return;
    if (!classes.length)
      return redraw(
        this.said,
        notice("plain", h("p", {}, `${target}: `, h("strong", {}, inForm(raw[0] * deviation + mean, form)))),
      );
    const shown = classes
      .map((label, index) => ({ label, value: raw[index] }))
      .sort((a, b) => b.value - a.value)
      .slice(0, 6);
    redraw(this.said, h("p", {}, "It says ", h("strong", {}, shown[0].label), "."), bars(shown, percent, 1));
  }
}
