/** Classes of one's own: examples are drawn on a pad or taken by a camera, one after the other. */
import type { Pictures } from "../data/pictures.ts";
import { button, h, redraw } from "./dom.ts";
import { thumbnail } from "./thumbnail.ts";

/** Where examples come from. */
export interface Source {
  element: HTMLElement;
  /** Pixels of the example that is there now; a sentence where there is none. */
  take(): Float32Array | string;
}

export class Drawn {
  private pictures: Pictures;
  private name: HTMLInputElement;
  private back = button("Take back the last one", () => this.takeBack(), { disabled: true });
  private shown = h("div", { class: "stack stack--tight", role: "status" });

  constructor(
    place: HTMLElement,
    id: string,
    shape: [number, number, number],
    private source: Source,
    private done: (pictures: Pictures) => void,
  ) {
    this.pictures = { shape, pixels: [], labels: [] };
    this.name = h("input", { id, maxlength: 40, autocomplete: "off", placeholder: "circle" });
    const field = h("div", { class: "field" }, h("label", { for: id }, "What it shows"), this.name);
    const actions = h(
      "div",
      { class: "row" },
      button("Add example", () => this.add()),
      this.back,
      button("Use the examples", () => this.use(), { class: "button button--primary" }),
    );
    place.append(
      h(
        "div",
        { class: "trainer__pad" },
        source.element,
        h("div", { class: "stack stack--tight" }, field, actions, this.shown),
      ),
    );
    this.tell("Ten or more of each class make a good beginning.");
  }

  private add(): void {
    const name = this.name.value.trim();
    if (!name) return this.tell("Say what it shows first.");
    const taken = this.source.take();
    if (typeof taken === "string") return this.tell(taken);
    this.pictures.pixels.push(taken);
    this.pictures.labels.push(name);
    this.tell();
  }

  private takeBack(): void {
    this.pictures.pixels.pop();
    const name = this.pictures.labels.pop();
    this.tell(`The last example of “${name}” is taken back.`);
  }

  private use(): void {
    const { shape, pixels, labels } = this.pictures;
    if (!labels.length) return this.tell("There is no example yet.");
    this.done({ shape, pixels: [...pixels], labels: [...labels] });
  }

  private tell(text = ""): void {
    const { labels, pixels, shape } = this.pictures;
    this.back.disabled = !labels.length;
    const rows = [...new Set(labels)].map((name) => {
      const drawn = pixels.filter((_, index) => labels[index] === name);
      return h(
        "p",
        { class: "row" },
        h("strong", {}, name),
        `${drawn.length}`,
        ...drawn.slice(-8).map((one) => thumbnail(one, shape)),
      );
    });
    redraw(this.shown, ...rows, text && h("p", { class: "small muted" }, text));
  }
}
