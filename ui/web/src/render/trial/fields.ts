/** The inputs of a model as people fill them in: numbers as text, or a picture. */
import { labelled, make } from "./dom";
import { type Looks, looks } from "./looks";
import { batch, numbers, preset, wanted } from "./numbers";
import { Pad } from "./picture";
import type { Tensor } from "./protocol";

const RANGES: [string, number, number][] = [["0 to 1", 0, 1], ["0 to 255", 0, 255], ["-1 to 1", -1, 1]];

export interface Field {
  element: HTMLElement;
  read: () => number[];
  show?: (picture: ImageBitmap) => void;
}

/** Of one input; `spoiled` is called when what was predicted before means nothing any more. */
export function field(tensor: Tensor, format: string, index: number, named: boolean, spoiled: () => void): Field {
  const look = looks(tensor);
  const label = named ? `Input ${tensor.name}` : "Input";
  return look ? pictured(look, batch(tensor, format), index, label, spoiled) : written(tensor, format, index, label);
}

/** Numbers as text: a row of a CSV file, or whatever else holds them. */
function written(tensor: Tensor, format: string, index: number, label: string): Field {
  const element = make("div", { className: "trial__field" });
  const area = make("textarea", { id: `input-${index}`, rows: 3, spellcheck: false, value: preset(tensor, format) });
  area.setAttribute("aria-describedby", `hint-${index}`);
  const hint = make("p", { className: "trial__hint", id: `hint-${index}`, textContent: wanted(tensor, format) });
  element.append(make("label", { htmlFor: area.id, textContent: label }), area, hint);
  return { element, read: () => numbers(area.value) };
}

/** A picture: drawn, or read from a file; its numbers lie in the range that the model was trained on. */
function pictured(look: Looks, many: number, index: number, label: string, spoiled: () => void): Field {
  const element = make("div", { className: "trial__field" });
  const pad = new Pad(look);
  const chooser = new Chooser(index, pad, spoiled);
  const clear = make("button", { type: "button", textContent: "Clear" });
  clear.addEventListener("click", () => {
    pad.clear();
    chooser.forget();
  });
  const range = make("select", { id: `range-${index}` });
  range.append(...RANGES.map(([name], at) => new Option(name, String(at))));
  const inverted = make("input", { type: "checkbox", id: `inverted-${index}`, checked: look.channels === 1 });
  const row = make("p", { className: "trial__row" });
  row.append(
    clear,
    labelled(chooser.file, "Picture"),
    labelled(range, "Numbers from"),
    labelled(inverted, "Light on dark"),
  );
  const alike = many === 1 ? "" : ` This model takes ${many} pictures at once: yours is given ${many} times, and the first answer is shown.`;
  const legend = make("p", { textContent: `${label}: a picture of ${look.width} × ${look.height} points. Draw, or choose one.${alike}` });
  element.append(legend, pad.canvas, row, chooser.problem);
  const read = (): number[] => pad.numbers(look, ...(RANGES[Number(range.value)].slice(1) as [number, number]), inverted.checked);
  const show = (picture: ImageBitmap): void => {
    chooser.forget();
    pad.show(picture);
  };
  return { element, read, show };
}

/** Where a picture is read from a file; what is none is said to be none, and nothing of an earlier one stays. */
class Chooser {
  readonly file: HTMLInputElement;
  readonly problem: HTMLElement;

  constructor(index: number, private pad: Pad, private spoiled: () => void) {
    this.file = make("input", { type: "file", accept: "image/*", id: `file-${index}` });
    this.problem = make("p", { className: "trial__status trial__status--wrong", id: `problem-${index}` });
    this.problem.setAttribute("role", "alert");
    this.file.setAttribute("aria-describedby", this.problem.id);
    this.file.addEventListener("change", () => void this.read());
  }

  /** Nothing is chosen now. */
  forget(): void {
    this.file.value = "";
    this.say("");
  }

  private async read(): Promise<void> {
    const chosen = this.file.files?.[0];
    if (!chosen) return;
    try {
      const picture = await createImageBitmap(chosen);
      // Meanwhile another may have been chosen.
      if (this.file.files?.[0] !== chosen) return;
      this.pad.show(picture);
      this.say("");
    } catch {
      if (this.file.files?.[0] !== chosen) return;
      this.pad.clear();
      this.file.value = "";
      this.say(`${chosen.name} is no picture that this browser can read: choose a PNG, JPEG or WebP file.`);
      this.spoiled();
    }
  }

  private say(problem: string): void {
    this.problem.textContent = problem;
    this.file.setAttribute("aria-invalid", String(problem !== ""));
  }
}
