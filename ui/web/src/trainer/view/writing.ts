/** A text of one's own: what the network says of it, and which of its words it goes by. */
import { encodeText, type Encoded, type Text } from "../data/vocabulary.ts";
import type { Run } from "../run.ts";
import { largest } from "../score/classes.ts";
import { spoken } from "../score/wording.ts";
import { short } from "../data/columns.ts";
import { asking } from "./asking.ts";
import { h, redraw } from "./dom.ts";
import { table } from "./parts.ts";

/** Milliseconds after the last letter until the network is asked. */
const PAUSE = 250;
/** So many words are shown; of longer texts those that count most. */
const SHOWN = 12;

export class Writing {
  readonly element: HTMLElement;
  private lost = h("p", { class: "small muted" });
  private decided = h("div");
  private timer = 0;
  /** Which of the answers is the last that was asked for. */
  private asked = 0;

  /** `answer` shows what the network says of an example; `current` is whether it is still the one that is shown. */
  constructor(
    private run: Run,
    private current: () => boolean,
    private text: Text,
    first: string,
    said: HTMLElement,
    private answer: (x: Float32Array) => Promise<void>,
  ) {
    const area = h("textarea", { id: "own-text", rows: 3, maxlength: 20_000, "aria-describedby": "own-text-lost" }, first);
    area.addEventListener("input", () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.ask(area.value), PAUSE);
    });
    this.lost.id = "own-text-lost";
    this.element = h(
      "div",
      { class: "stack stack--tight" },
      h("div", { class: "field" }, h("label", { for: "own-text" }, text.name), area, this.lost),
      said,
      this.decided,
    );
    void this.ask(first);
  }

  private async ask(cell: string): Promise<void> {
    const asked = ++this.asked;
    const found = encodeText(this.text, cell);
    this.lost.textContent = told(found, this.text);
    await asking(this.current, (wrong) => redraw(this.decided, wrong), async () => {
      await this.answer(found.x);
      const [gains, of] = await this.gained(found);
      if (asked === this.asked) redraw(this.decided, found.read.length ? words(found, gains, of) : null);
    });
  }

  /** What each word adds, and to what: to the class that is said, or to the number. */
  private async gained({ x }: Encoded): Promise<[number[], string]> {
    const { classes, deviation } = this.run.prepared;
    const outputs = classes.length || 1;
    const [output] = classes.length ? largest(await this.run.predict(x), outputs) : [0];
    const gains = await spoken(x, outputs, output, (some) => this.run.predict(some));
    return classes.length ? [gains, classes[output]] : [gains.map((gain) => gain * deviation), ""];
  }
}

/** What of a text the network does not get to see. */
function told({ read, unknown, beyond }: Encoded, { length }: Text): string {
  if (!read.length) return "No word is in it: write some.";
  const named = unknown.slice(0, 8).map((word) => `“${word}”`).join(", ");
  const more = unknown.length > 8 ? ` and ${unknown.length - 8} more` : "";
  return [
    unknown.length ? `Not known from training: ${named}${more}.` : "All of its words are known from training.",
    beyond ? `Only the first ${length} words are read; ${beyond} more are not.` : "",
  ].join(" ");
}

function words({ read }: Encoded, gains: number[], of: string): HTMLElement {
  const points = (gain: number): string => `${gain > 0 ? "+" : ""}${of ? (gain * 100).toFixed(1) : short(gain)}`;
  const order = [...read.keys()].sort((a, b) => Math.abs(gains[b]) - Math.abs(gains[a])).slice(0, SHOWN);
  const rows = order.map((at) => [read[at], at + 1, points(gains[at])]);
  const title = of ? `What each word adds to “${of}”, in points of a hundred` : "What each word adds to the number";
  return h(
    "details",
    { class: "more", open: true },
    h("summary", {}, "Which words decided"),
    h(
      "p",
      { class: "small muted" },
      `${title}: what is said of the whole text, less what is said of it without this word.${read.length > SHOWN ? ` The ${SHOWN} that count most of ${read.length}.` : ""}`,
    ),
    table(title, ["Word", "Place", "Adds"], rows),
  );
}
