/** How good a network is on some rows: in one sentence, in tables and in charts. */
import { binned } from "../data/columns.ts";
import { inForm } from "../data/form.ts";
import { accuracy, classScores, confusion, guessing, precisionRecall, roc } from "../score/classes.ts";
import { numberScore } from "../score/numbers.ts";
import { scoresOf, type Outcome } from "../score/outcome.ts";
import { h, redraw, select } from "./dom.ts";
import { charted, notice, percent, table } from "./parts.ts";
import { lines, points, spread } from "./plot.ts";

/** The one number, and what it is to be measured by. */
export function headline(found: Outcome, which: string): HTMLElement {
  const rows = found.truth.length.toLocaleString("en");
  if (found.prepared.task === "number") {
    const told = (value: number): string => inForm(value, found.prepared.form);
    const { absolute, squared, explained } = numberScore(found.truth, found.said);
    return notice(
      explained > 0.3 ? "success" : "warning",
      h(
        "p",
        {},
        h("strong", { "data-score": explained }, `Off by ${told(absolute)} on average`),
        ` on ${rows} ${which} rows (root mean square ${told(squared)}). It explains ${percent(explained)} of the differences; always saying the mean explains none.`,
      ),
    );
  }
  const matrix = confusion(found.truth, found.said, found.prepared.classes.length);
  const share = accuracy(matrix);
  const guessed = guessing(matrix);
  const verdict = share > guessed + 0.02 ? "" : " It has not learned anything yet that helps.";
  return notice(
    share > guessed + 0.02 ? "success" : "warning",
    h(
      "p",
      {},
      h("strong", { "data-score": share }, `${percent(share)} right`),
      ` on ${rows} ${which} rows; always saying the most frequent class would get ${percent(guessed)}.${verdict}`,
    ),
  );
}

/** Tables and charts for the kind of outcome. */
export function details(found: Outcome, which: string): HTMLElement[] {
  return found.prepared.task === "classes" ? [matrix(found, which), perClass(found, which)] : [residuals(found)];
}

function matrix(found: Outcome, which: string): HTMLElement {
  const { classes } = found.prepared;
  const counts = confusion(found.truth, found.said, classes.length);
  const rows = counts.map((row, index) => {
    const all = row.reduce((sum, count) => sum + count, 0) || 1;
    const cells = row.map((count, said) =>
      h(
        "span",
        { class: `heat heat--${said === index ? "right" : "wrong"} heat--${Math.ceil((count / all) * 5)}` },
        String(count),
      ),
    );
    return [classes[index], ...cells];
  });
  return h(
    "section",
    { class: "stack stack--tight" },
    h("h3", {}, "What was taken for what"),
    h(
      "p",
      { class: "small muted" },
      "Each line is what is true, each column what the network said. On the diagonal it is right.",
    ),
    table(`Confusion matrix of the ${which} rows`, ["true ↓ said →", ...classes], rows, "grid-wrap--matrix"),
  );
}

function perClass(found: Outcome, which: string): HTMLElement {
  const { classes } = found.prepared;
  const scores = classScores(confusion(found.truth, found.said, classes.length), classes);
  const rows = scores.map((one) => [
    one.name,
    percent(one.precision),
    percent(one.recall),
    one.f1.toFixed(3),
    one.rows,
  ]);
  return h(
    "section",
    { class: "stack stack--tight" },
    h("h3", {}, "Class by class"),
    h(
      "p",
      { class: "small muted" },
      "Precision: how often it is right when it says so. Recall: how many of the class it finds. F1 is their harmonic mean.",
    ),
    table(`Scores of each class in the ${which} rows`, ["Class", "Precision", "Recall", "F1", "Rows"], rows),
  );
}

/** ROC and precision over recall, of the class that is chosen. */
export class Curves {
  readonly element = h("section", { class: "stack stack--tight" });
  private place = h("div", { class: "charts charts--wide" });
  private chosen: number;

  constructor(private found: Outcome) {
    const { classes } = found.prepared;
    this.chosen = classes.length === 2 ? 1 : 0;
    const options = classes.map((name, index): [string, string] => [String(index), name]);
    const choice = select(
      "curve-class",
      "Curves of the class",
      options,
      String(this.chosen),
      (value) => {
        this.chosen = Number(value);
        this.draw();
      },
      "How it does when the class is said sooner or later, not only where it is likeliest.",
    );
    this.element.append(h("h3", {}, "At every threshold"), h("div", { class: "halves" }, choice), this.place);
    this.draw();
  }

  private draw(): void {
    const positive = this.found.truth.map((value) => value === this.chosen);
    const scores = scoresOf(this.found, this.chosen);
    const name = this.found.prepared.classes[this.chosen];
    const shown = [
      {
        title: "Hits over false alarms (ROC)",
        curve: roc(scores, positive),
        head: ["False alarms", "Hits"],
        area: "area",
      },
      {
        title: "Precision over recall",
        curve: precisionRecall(scores, positive),
        head: ["Recall", "Precision"],
        area: "average",
      },
    ];
    redraw(
      this.place,
      ...shown.map(({ title, curve, head, area }) => {
        if (!curve.points.length) return notice("plain", `${title}: these rows have only one side of “${name}”.`);
        const drawn = lines(
          `${title} of ${name}`,
          [{ name, hue: 0, points: curve.points }],
          { across: head[0].toLowerCase(), up: head[1].toLowerCase() },
          undefined,
          [0, 1],
          [0, 1],
        );
        return charted(
          title,
          drawn,
          () =>
            table(
              title,
              head,
              curve.points.slice(0, 200).map((one) => one.map((value) => value.toFixed(3))),
            ),
          `${area} ${curve.area.toFixed(3)}`,
        );
      }),
    );
  }
}

function residuals(found: Outcome): HTMLElement {
  const { form } = found.prepared;
  const told = (value: number): string => inForm(value, form);
  const pairs = found.truth.map((value, row): [number, number] => [value, found.said[row]]).slice(0, 500);
  const off = binned(
    found.truth.map((value, row) => found.said[row] - value),
    12,
    told,
  );
  const rows = () =>
    table(
      "True and predicted",
      ["True", "Predicted", "Off by"],
      pairs.slice(0, 200).map(([truth, said]) => [truth, said, said - truth].map(told)),
    );
  const scatter = charted(
    "Predicted over true: on the line it is right",
    points("Predicted over true values", pairs, { across: "true", up: "predicted", form }),
    rows,
  );
  const errors = charted(
    "How far it is off",
    spread(`Errors: ${off.map((bar) => `${bar.label}: ${bar.count}`).join(", ")}`, off, {
      across: "predicted less true",
      up: "rows",
      form,
    }),
    () =>
      table(
        "How far it is off",
        ["Off by", "Rows"],
        off.map((bar) => [bar.label, bar.count]),
      ),
  );
  return h("div", { class: "charts charts--wide" }, scatter, errors);
}
