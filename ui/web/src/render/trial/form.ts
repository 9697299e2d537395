/** The form: a field for each input, a drawing pad where one is a picture, and the button that runs the model. */
import { needed, numbers, sizes } from "./numbers";
import { type Looks, looks } from "./looks";
import { Pad } from "./picture";
import type { About, Numbers, Taken, Tensor } from "./protocol";
import { show } from "./results";
import { Runner } from "./runner";

const RANGES: [string, number, number][] = [["0 to 1", 0, 1], ["0 to 255", 0, 255], ["-1 to 1", -1, 1]];

/** An input of the model as people fill it in. */
interface Field {
  element: HTMLElement;
  read: () => number[];
  show?: (picture: ImageBitmap) => void;
}

export class Form {
  private fields: Field[];
  private running = Promise.resolve();
  private taken: Taken | null = null;
  private button = make("button", { type: "button", className: "trial__run", textContent: "Run the model" });
  private stop = make("button", { type: "button", textContent: "Stop", hidden: true });
  private status = make("p", { className: "trial__status" });
  private results = make("div", { className: "trial__results" });
  private runner = new Runner((what) => (this.status.textContent = `${what}…`));

  constructor(main: HTMLElement, private about: About) {
    this.fields = about.inputs.map((tensor, index) => field(tensor, index, about.inputs.length > 1));
    // A form could not be submitted in here: the sandbox has that forbidden.
    const form = make("div", { className: "trial__form" });
    const row = make("p", { className: "trial__row" });
    row.append(this.button, this.stop);
    this.status.setAttribute("role", "status");
    form.append(...this.fields.map(({ element }) => element), row);
    this.button.addEventListener("click", () => (this.running = this.run()));
    this.stop.addEventListener("click", () => this.runner.stop());
    main.replaceChildren(form, this.status, this.results);
  }

  /** Has the model look at a picture, after what it does just now; of several only at the last. */
  async take(taken: Taken): Promise<void> {
    const waiting = this.taken !== null;
    this.taken = taken;
    if (waiting) return;
    await this.running;
    const { input, picture } = this.taken;
    this.taken = null;
    this.fields[input]?.show?.(picture);
    this.running = this.run();
  }

  private async run(): Promise<void> {
    this.busy(true);
    this.status.classList.remove("trial__status--wrong");
    try {
      const inputs: Numbers[] = this.about.inputs.map((tensor, index) => {
        const values = this.fields[index].read();
        return { name: tensor.name, values, shape: sizes(tensor, values.length) };
      });
      const dtypes = this.about.inputs.map(({ dtype }) => dtype);
      const { outputs, seconds } = await this.runner.predict(inputs, dtypes);
      show(this.results, outputs, seconds);
      this.status.textContent = "";
    } catch (error) {
      this.status.textContent = error instanceof Error ? error.message : String(error);
      this.status.classList.add("trial__status--wrong");
      this.results.replaceChildren();
    }
    this.busy(false);
  }

  private busy(now: boolean): void {
    this.button.disabled = now;
    this.stop.hidden = !now;
  }
}

function field(tensor: Tensor, index: number, named: boolean): Field {
  const look = looks(tensor);
  const label = named ? `Input ${tensor.name}` : "Input";
  return look ? pictured(tensor, look, index, label) : written(tensor, index, label);
}

/** Numbers as text: a row of a CSV file, or whatever else holds them. */
function written(tensor: Tensor, index: number, label: string): Field {
  const element = make("div", { className: "trial__field" });
  const count = needed(tensor);
  const area = make("textarea", { id: `input-${index}`, rows: 3, spellcheck: false });
  area.value = count === null ? "" : Array(Math.min(count, 1000)).fill(0).join(", ");
  area.setAttribute("aria-describedby", `hint-${index}`);
  const dims = tensor.shape.slice(1).map((size) => size ?? "n");
  const form = dims.length > 1 ? ` (${dims.join(" × ")})` : "";
  const hint = make("p", { className: "trial__hint", id: `hint-${index}` });
  hint.textContent = `${count === null ? "Numbers" : count === 1 ? "One number" : `${count} numbers`}${form}, as a row of a CSV file or a list.`;
  element.append(make("label", { htmlFor: area.id, textContent: label }), area, hint);
  return { element, read: () => numbers(area.value) };
}

/** A picture: drawn, or read from a file; its numbers lie in the range that the model was trained on. */
function pictured(tensor: Tensor, look: Looks, index: number, label: string): Field {
  const element = make("div", { className: "trial__field" });
  const pad = new Pad(look);
  const file = make("input", { type: "file", accept: "image/*", id: `file-${index}` });
  file.addEventListener("change", async () => {
    const chosen = file.files?.[0];
    if (chosen) pad.show(await createImageBitmap(chosen));
  });
  const clear = make("button", { type: "button", textContent: "Clear" });
  clear.addEventListener("click", () => {
    pad.clear();
    file.value = "";
  });
  const range = make("select", { id: `range-${index}` });
  range.append(...RANGES.map(([name], at) => new Option(name, String(at))));
  const inverted = make("input", { type: "checkbox", id: `inverted-${index}`, checked: look.channels === 1 });
  const row = make("p", { className: "trial__row" });
  row.append(
    clear,
    labelled(file, "Picture"),
    labelled(range, "Numbers from"),
    labelled(inverted, "Light on dark"),
  );
  const legend = make("p", { textContent: `${label}: a picture of ${look.width} × ${look.height} points. Draw, or choose one.` });
  element.append(legend, pad.canvas, row);
  const read = (): number[] => pad.numbers(look, ...(RANGES[Number(range.value)].slice(1) as [number, number]), inverted.checked);
  const show = (picture: ImageBitmap): void => {
    file.value = "";
    pad.show(picture);
  };
  return { element, read, show };
}

function labelled(control: HTMLElement, text: string): HTMLLabelElement {
  const label = document.createElement("label");
  label.append(text, " ", control);
  return label;
}

function make<K extends keyof HTMLElementTagNameMap>(name: K, fields: Partial<HTMLElementTagNameMap[K]>): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), fields);
}
