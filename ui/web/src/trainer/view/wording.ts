/** Which words speak for which class, or for a larger number, in all of the validation rows. */
import { inForm } from "../data/form.ts";
import type { Run } from "../run.ts";
import { wording, type Word } from "../score/wording.ts";
import { h, redraw, select } from "./dom.ts";
import { table } from "./parts.ts";
import { bars } from "./bars.ts";

const MOST = 12;

export async function words(run: Run): Promise<HTMLElement> {
  const { prepared } = run;
  const found = await wording(prepared, prepared.validation, (x) => run.predict(x));
  const classes = prepared.classes.length > 0;
  const place = h("div", { class: "halves" });
  const draw = (output: number): void => redraw(place, ...both(run, found, output));
  const choice = select(
    "word-class",
    "Words of the class",
    prepared.classes.map((name, index): [string, string] => [String(index), name]),
    "0",
    (value) => draw(Number(value)),
  );
  draw(0);
  return h(
    "section",
    { class: "stack stack--tight" },
    h("h3", {}, "Which words speak for what"),
    h(
      "p",
      { class: "small muted" },
      `Each word is taken out of the validation texts that it is in, of up to 200. What ${classes ? "the class loses by that, in points of a hundred," : "the number loses by that"} is what the word adds, on average. Words in fewer than three texts are left out. It says what this network goes by, not what is so.`,
    ),
    classes && h("div", { class: "halves" }, choice),
    place,
  );
}

/** The words that speak most for it, and those that speak most against it. */
function both({ prepared }: Run, found: Word[], output: number): HTMLElement[] {
  const { classes, deviation, form } = prepared;
  const name = classes[output];
  const told = (gain: number): string => (name ? (gain * 100).toFixed(1) : inForm(gain * deviation, form));
  const by = (sign: 1 | -1): Word[] =>
    found
      .filter(({ gains }) => sign * gains[output] > 0)
      .sort((a, b) => sign * (b.gains[output] - a.gains[output]))
      .slice(0, MOST);
  const one = (title: string, words: Word[], sign: 1 | -1): HTMLElement =>
    h(
      "figure",
      { class: "chart" },
      h("figcaption", {}, title),
      words.length
        ? bars(
            words.map(({ word, gains }) => ({ label: word, value: sign * gains[output] })),
            (value) => told(sign * value),
          )
        : h("p", { class: "muted small" }, "None that stands in three texts."),
      h("details", {}, h("summary", {}, "As a table"), listed(title, words, output, told)),
    );
  return [
    one(name ? `Words for “${name}”` : "Words for a larger number", by(1), 1),
    one(name ? `Words against “${name}”` : "Words for a smaller number", by(-1), -1),
  ];
}

function listed(title: string, words: Word[], output: number, told: (gain: number) => string): HTMLElement {
  const rows = words.map(({ word, texts, gains }) => [word, texts, told(gains[output])]);
  return table(title, ["Word", "Texts", "Adds"], rows);
}
