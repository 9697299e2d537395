/** The learning curve: how good the network gets with ever more of the training rows. */
import { short } from "../data/columns.ts";
import type { Project } from "../project.ts";
import type { Run } from "../run.ts";
import { Growing, type Step } from "../score/growing.ts";
import { button, h, redraw } from "./dom.ts";
import { charted, notice, percent, table } from "./parts.ts";
import { lines } from "./plot.ts";

/** So much better with all rows than with half of them, and more would probably help on. */
const STILL = 0.02;

export function growing(project: Project, run: Run): HTMLElement {
  const place = h("div", { class: "stack stack--tight" });
  const offer = (): void =>
    redraw(
      place,
      h(
        "div",
        {},
        button("Would more rows help?", () => void measure(), { id: "growing" }),
      ),
    );
  const measure = async (): Promise<void> => {
    const work = new Growing(project.worker);
    const said = h("p", { role: "status" });
    const stop = (): void => {
      work.end();
      offer();
    };
    redraw(place, said, h("div", {}, button("Stop", stop, { id: "growing-stop" })));
    try {
      const told = (rows: number): void => {
        // What it is about has been trained anew or on, and this place is gone.
        if (!place.isConnected) return stop();
        said.textContent = `Training with ${rows} of ${run.job.train.count} rows …`;
      };
      const steps = await work.run(run.job, told);
      if (steps) redraw(place, ...drawn(run, steps));
    } catch (error) {
      redraw(place, notice("warning", `It could not be measured: ${(error as Error).message}.`));
    }
  };
  offer();
  return h(
    "section",
    { class: "stack stack--tight" },
    h("h3", {}, "The learning curve"),
    h(
      "p",
      { class: "small muted" },
      "The same network is trained with a tenth of the rows, a quarter, half and all of them, and checked with the same validation rows.",
    ),
    place,
  );
}

function drawn(run: Run, steps: Step[]): HTMLElement[] {
  const classes = run.prepared.task === "classes";
  const told = (value: number): string => (classes ? percent(value) : short(value));
  const line = (name: "training" | "validation", hue: number) => ({
    name,
    hue,
    points: steps.map((step): [number, number] => [step.rows, step[name]]),
  });
  const title = classes ? "Accuracy over training rows" : "Mean error over training rows";
  const chart = charted(
    title,
    lines(
      title,
      [line("training", 0), line("validation", 1)],
      { across: "training rows", up: classes ? "share that is right" : "mean error" },
      undefined, classes ? [0, 1] : undefined,
    ),
    () =>
      table(
        title,
        ["Rows", "Training", "Validation"],
        steps.map((step) => [step.rows, told(step.training), told(step.validation)]),
      ),
  );
  return [h("div", { class: "charts charts--wide" }, chart), notice("plain", verdict(steps, classes))];
}

/** What the curve says. */
export function verdict(steps: Step[], classes: boolean): string {
  const [before, last] = steps.slice(-2);
  if (!last) return "There are too few rows for a curve.";
  const gained = classes ? last.validation - before.validation : 1 - last.validation / (before.validation || 1);
  if (gained > STILL) return "Validation still got better with the last rows: more of them will probably help.";
  const gap = classes ? last.training - last.validation : last.validation / (last.training || 1) - 1;
  return gap > (classes ? 0.1 : 0.5)
    ? "More rows helped little at the end, and training is far better than validation: dropout or fewer units may help."
    : "More rows helped little at the end: other columns or another network may.";
}
