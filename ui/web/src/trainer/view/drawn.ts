/** Classes of one's own, drawn on a pad. */
import type { Pictures } from "../data/prepared.ts";
import { button, h, redraw } from "./dom.ts";
import { Pad } from "./pad.ts";
import { thumbnail } from "./thumbnail.ts";

const SIDE = 16;

export class Drawn {
  private pictures: Pictures = { shape: [SIDE, SIDE, 1], pixels: [], labels: [] };
  private pad = new Pad("A pad to draw an example on", SIDE);
  private name = h("input", { id: "drawn-class", value: "circle", maxlength: 40, autocomplete: "off" });
  private shown = h("div", { class: "stack stack--tight", role: "status" });

  constructor(
    place: HTMLElement,
    private done: (pictures: Pictures) => void,
  ) {
    const field = h("div", { class: "field" }, h("label", { for: "drawn-class" }, "What it is"), this.name);
    const actions = h("div", { class: "row" }, button("Add drawing", () => this.add()), button("Clear pad", () => this.pad.clear()), button("Use the drawings", () => this.use(), { class: "button button--primary" }));
    place.append(h("div", { class: "trainer__pad" }, this.pad.element, h("div", { class: "stack stack--tight" }, field, actions, this.shown)));
    this.tell("Draw five or more of each class, then use them.");
  }

  private add(): void {
    const name = this.name.value.trim();
    if (!name || this.pad.empty) return this.tell(name ? "Draw something first." : "Say what it is first.");
    this.pictures.pixels.push(this.pad.pixels);
    this.pictures.labels.push(name);
    this.pad.clear();
    this.tell();
  }

  private use(): void {
    if (!this.pictures.labels.length) return this.tell("Nothing has been drawn yet.");
    this.done({ ...this.pictures, pixels: [...this.pictures.pixels], labels: [...this.pictures.labels] });
  }

  private tell(text = ""): void {
    const { labels, pixels, shape } = this.pictures;
    const rows = [...new Set(labels)].map((name) => {
      const drawn = pixels.filter((_, index) => labels[index] === name);
      return h("p", { class: "row" }, h("strong", {}, name), `${drawn.length}`, ...drawn.slice(-8).map((one) => thumbnail(one, shape)));
    });
    redraw(this.shown, ...rows, text && h("p", { class: "small muted" }, text));
  }
}
