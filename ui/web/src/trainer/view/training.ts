/** Step 4: how it is trained, and the curves while it goes on. */
import { short } from "../data/columns.ts";
import { RATES, type Optimiser } from "../network/options.ts";
import { BATCH, EPOCHS, OPTIMISERS, PATIENCE, RATE } from "../network/words.ts";
import { Problem } from "../problem.ts";
import type { Project } from "../project.ts";
import type { Run } from "../run.ts";
import { asking } from "./asking.ts";
import { changed } from "./changed.ts";
import { button, check, h, number, redraw, select } from "./dom.ts";
import { lasting } from "./pace.ts";
import { charted, notice, percent, problem, table } from "./parts.ts";
import { lines, type Line } from "./plot.ts";

/** Milliseconds between two drawings of the curves. */
const FRAME = 150;

export class TrainingStep {
  private choices = h("div", { class: "quarters" });
  private changes = h("div", { class: "trainer__quiet", "aria-live": "polite" });
  private controls = h("div", { class: "row trainer__controls" });
  private words = h("p", { role: "status" });
  private left = h("p", { class: "trainer__quiet small muted" });
  private meter = h("progress", { class: "progress", "aria-label": "Epochs", hidden: true });
  private curves = h("div", { class: "charts charts--wide", hidden: true });
  private advised = h("div", { class: "trainer__quiet" });
  private timer = 0;

  constructor(
    place: HTMLElement,
    private project: Project,
  ) {
    place.append(this.choices, this.controls, this.words, this.meter, this.left, this.changes, this.curves, this.advised);
    project.hear((step) => {
      if (step === "results") this.soon();
      else this.show();
    });
  }

  private show(): void {
    const { project } = this;
    window.clearTimeout(this.timer);
    this.timer = 0;
    const ready = project.prepared !== null;
    if (ready) redraw(this.choices, ...this.fields());
    else redraw(this.choices, h("p", { class: "muted" }, "Training needs data and a network."));
    const why = h("p", { class: "muted", id: "train-waits" }, "Other data are being read: you can train when they are there.");
    redraw(this.controls, ...(ready ? this.buttons() : []), ready && project.waits && why);
    redraw(this.changes, changed(project));
    this.tell();
    this.draw();
  }

  private fields(): (HTMLElement | null)[] {
    const { project } = this;
    const { options } = project;
    const [, words] = OPTIMISERS[options.optimiser];
    const optimiser = select(
      "optimiser",
      "Optimiser",
      Object.entries(OPTIMISERS).map(([one, [name]]) => [one, name]),
      options.optimiser,
      (value) => {
        project.tune({ optimiser: value as Optimiser, rate: RATES[value as Optimiser] });
        this.show();
      },
      `It ${words}`,
    );
    const rare =
      project.prepared?.task === "classes"
        ? check("weighed", "Weigh rare classes more, so that all count alike", options.weighed, (weighed) =>
            project.tune({ weighed }),
          )
        : null;
    return [
      optimiser,
      number(
        "rate",
        "Learning rate",
        options.rate,
        { min: 0.00001, max: 10, step: "any" },
        (rate) => project.tune({ rate }),
        RATE,
      ),
      number(
        "batch",
        "Batch size",
        options.batch,
        { min: 1, max: 4096, step: 1 },
        (batch) => project.tune({ batch }),
        BATCH,
      ),
      number(
        "epochs",
        "Epochs",
        options.epochs,
        { min: 1, max: 2000, step: 1 },
        (epochs) => project.tune({ epochs }),
        EPOCHS,
      ),
      number(
        "patience",
        "Early stopping after",
        options.patience,
        { min: 0, max: 2000, step: 1 },
        (patience) => project.tune({ patience }),
        PATIENCE,
      ),
      rare,
    ];
  }

  private buttons(): HTMLElement[] {
    const { run, given } = this.project;
    const { waits } = this.project;
    const state = waits ? { "aria-disabled": "true", "aria-describedby": "train-waits" } : {};
    const start = (label: string) =>
      button(label, () => this.start(), { id: "train", class: "button button--primary", ...state });
    if (!run || run.state === "failed")
      return [start(given ? (given.plan.tune ? "Fine-tune" : "Test it on these rows") : "Train")];
    const stop = button("Stop", () => (run.state === "loading" ? this.project.abandon() : run.stop()), { id: "stop" });
    if (run.state === "loading") return [stop];
    if (run.state === "running") return [button("Pause", () => run.pause(), { id: "pause" }), stop];
    if (run.state === "paused") return [button("Resume", () => run.resume(), { id: "pause" }), stop];
    if (given && !given.plan.tune) return [start("Test it anew")];
    return [start(given ? "Fine-tune anew" : "Train anew"), ...this.after(run)];
  }

  private after(run: Run): HTMLElement[] {
    if (!run.usable || this.project.changed) return [];
    const more = Math.max(1, Math.round(this.project.options.epochs / 2));
    const on = button(`Train ${more} more epochs`, () => run.on(more), { id: "on" });
    const undo = button(`Back to the best epoch, ${run.best}`, () => void this.undo(run), { id: "undo" });
    return run.at === run.best ? [on] : [undo, on];
  }

  private start(): void {
    try {
      this.project.train();
      document.getElementById("stop")?.focus({ preventScroll: true });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      redraw(this.words, problem(error));
    }
  }

  private undo(run: Run): Promise<void> {
    return asking(() => run === this.project.run, (wrong) => redraw(this.words, wrong), () => run.undo());
  }

  private tell(): void {
    const { run } = this.project;
    const epochs = run?.epochs.length ?? 0;
    this.meter.hidden = !run || !["running", "paused"].includes(run.state);
    Object.assign(this.meter, { max: Math.max(run?.aim ?? 1, epochs), value: epochs });
    this.estimate(run);
    this.words.textContent = run?.words ?? "";
    this.words.className = run?.state === "failed" || run?.end === "diverged" ? "notice notice--danger" : "";
  }

  private estimate(run: Run | null): void {
    const pace = run?.state === "running" ? run.pace : null;
    this.left.textContent = run && pace !== null ? lasting(pace, run.aim, run.job.options.patience > 0) : "";
  }

  private soon(): void {
    this.timer ||= window.setTimeout(() => {
      this.timer = 0;
      this.draw();
    }, FRAME);
  }

  private draw(): void {
    const { run } = this.project;
    this.curves.hidden = !run?.epochs.length;
    if (!run?.epochs.length) {
      this.advised.replaceChildren();
      return this.curves.replaceChildren();
    }
    // A table that is open stays so: it is not drawn anew while somebody reads it.
    if (this.curves.querySelector("details[open]") && run.state === "running") return;
    const now = run.epochOf(run.at);
    const classes = run.prepared.task === "classes";
    const told = (value: number): string => (classes ? percent(value) : short(value));
    const loss = this.pair(run, "loss", "validationLoss");
    const score = this.pair(run, "score", "validationScore");
    redraw(
      this.curves,
      charted(
        "Loss: how wrong it is",
        lines("Loss of each epoch", loss, { across: "epoch", up: "loss" }, run.best || undefined),
        () => asTable(loss, short),
        `${short(now.validationLoss)}, epoch ${now.number}`,
        "loss-as-table",
      ),
      charted(
        classes ? "Accuracy: how many are right" : "Mean error, in spreads of the target",
        lines(
          "Score of each epoch",
          score,
          { across: "epoch", up: classes ? "share that is right" : "mean error" },
          run.best || undefined,
          classes ? [0, 1] : undefined,
        ),
        () => asTable(score, told),
        `${told(now.validationScore)}, epoch ${now.number}`,
        "score-as-table",
      ),
    );
    redraw(this.advised, this.advice(run));
    this.meter.value = run.epochs.length;
    this.estimate(run);
  }

  private pair(run: Run, train: "loss" | "score", validation: "validationLoss" | "validationScore"): Line[] {
    return [
      { name: "training", hue: 0, points: run.epochs.map((epoch) => [epoch.number, epoch[train] ?? NaN]) },
      { name: "validation", hue: 1, points: run.epochs.map((epoch) => [epoch.number, epoch[validation]]) },
    ];
  }

  /** What the curves say, in words, once training has ended. */
  private advice(run: Run): HTMLElement | null {
    if (run.state !== "ended" || !run.usable) return null;
    const last = run.epochs[run.epochs.length - 1];
    const best = run.epochOf(run.best);
    if (last.validationLoss > best.validationLoss * 1.3 && last.number > best.number + 3) {
      return notice(
        "warning",
        `Since epoch ${run.best} the validation loss rose while the training loss fell: the network learned the rows by heart. ${run.at === run.best ? "Its best epoch counts" : "Go back to the best epoch"}; dropout, fewer units or more rows help.`,
      );
    }
    if (run.end === "finished" && run.best === last.number)
      return notice("plain", "The validation loss still fell at the end: training on may help.");
    return null;
  }
}

function asTable([training, validation]: Line[], told: (value: number) => string): HTMLElement {
  const rows = training.points.map(([epoch, value], index) => [epoch, Number.isFinite(value) ? told(value) : "–", told(validation.points[index][1])]);
  return table("Curves", ["Epoch", "Training", "Validation"], rows.slice(-200));
}
