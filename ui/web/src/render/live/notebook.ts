/** The executed notebook as it grows: the same rules as the service's, which makes the final one. */
import { Choice } from "./choice";
import { Output, Shown } from "./outputs";

export interface Step {
  seq: number;
  type: string;
  cell: string | null;
  data: any;
}

interface Cell {
  section: HTMLElement;
  place: HTMLElement;
  outputs: Shown[];
  clearNext: boolean;
}

const MAX_OUTPUTS = 500;

export class LiveNotebook {
  private cells = new Map<string, Cell>();
  private executions = new Map<string, Cell>();
  private displays = new Map<string, Shown[]>();
  private grown = new Set<Shown>();

  constructor(
    private main: HTMLElement,
    private choice: Choice,
  ) {}

  /** Follows steps in order, then draws what has changed once. */
  take(steps: Step[]): void {
    steps.forEach((step) => this.follow(step));
    this.grown.forEach((shown) => shown.draw());
    this.grown.clear();
  }

  /** Shows what stands in the place of steps that cannot be told any more. */
  restore(notebook: { cells: any[] }): void {
    this.main.replaceChildren();
    this.cells.clear();
    this.executions.clear();
    this.displays.clear();
    for (const cell of notebook.cells) {
      const made = this.cell(cell.id, [cell.source].flat().join(""), cell.execution_count);
      for (const output of cell.outputs ?? []) this.show(made, output);
    }
  }

  private follow({ type, cell, data }: Step): void {
    const execution = this.executions.get(data.execution);
    if (type === "execute") {
      const made = this.cell(cell ?? `execution-${data.execution}`, data.code, data.execution_count);
      made.section.classList.add("executing");
      this.executions.set(data.execution, made);
    } else if (type === "update") {
      for (const shown of this.displays.get(data.display_id) ?? []) shown.replace(data.data);
    } else if (type === "output" && execution) this.show(execution, data.output, data.display_id);
    else if (type === "clear" && execution) this.clear(execution, data.wait);
    else if (type === "done" && execution) execution.section.classList.remove("executing");
    else if (type === "kernel" || type === "end") {
      for (const each of this.cells.values()) each.section.classList.remove("executing");
    }
  }

  private cell(key: string, code: string, count: number | null): Cell {
    const pre = document.createElement("pre");
    pre.dir = "ltr";
    pre.tabIndex = 0;
    pre.append(Object.assign(document.createElement("code"), { textContent: code }));
    const source = Object.assign(document.createElement("div"), { className: "source" });
    if (count) {
      const prompt = Object.assign(document.createElement("span"), { className: "prompt" });
      prompt.append(Object.assign(document.createElement("span"), { className: "count", textContent: String(count) }));
      source.append(prompt);
    }
    source.append(pre);
    const place = Object.assign(document.createElement("div"), { className: "outputs" });
    const section = Object.assign(document.createElement("section"), { className: "cell code" });
    if (this.choice.code) section.append(source);
    if (this.choice.outputs) section.append(place);
    const before = this.cells.get(key);
    section.hidden = before ? before.section.hidden : !this.choice.has(key, this.cells.size + 1);
    if (before) before.section.replaceWith(section);
    else this.main.append(section);
    const made = { section, place, outputs: [], clearNext: false };
    this.cells.set(key, made);
    return made;
  }

  private clear(cell: Cell, wait: boolean): void {
    cell.clearNext = wait;
    if (!wait) this.empty(cell);
  }

  private empty(cell: Cell): void {
    cell.outputs = [];
    cell.place.replaceChildren();
  }

  private show(cell: Cell, output: Output, display?: string): void {
    if (cell.clearNext) {
      // The height stays until the next output is there: a plot that is replaced does not flicker.
      cell.clearNext = false;
      this.empty(cell);
    }
    const last = cell.outputs.at(-1);
    if (last?.continues(output)) {
      last.add(output);
      this.grown.add(last);
      return;
    }
    const shown = new Shown({ ...output });
    cell.outputs.push(shown);
    cell.place.append(shown.element);
    if (cell.outputs.length > MAX_OUTPUTS) cell.outputs.shift()?.element.remove();
    if (display) this.displays.set(display, [...(this.displays.get(display) ?? []), shown]);
  }
}
