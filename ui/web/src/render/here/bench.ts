/** The bar above a notebook that runs it in the reader's browser. Until somebody does, its kept outputs are shown. */
import type { Cell } from "./cell";
import { Machine, Stopped } from "./machine";

const OFFER = "Runs in your own browser. Nothing of it runs on a server.";
const READY = "Change the code and run it again: Shift and Enter runs a cell.";

export class Bench {
  private machine = new Machine();
  private busy = false;
  private bar = document.createElement("div");
  private start = this.button("Run", () => void this.run(this.cells));
  private end = this.button("Stop", () => this.machine.stop());
  private status = document.createElement("span");

  constructor(
    private cells: Cell[],
    private from: string,
  ) {
    this.bar.className = "here";
    this.status.setAttribute("role", "status");
    this.status.textContent = OFFER;
    this.end.hidden = true;
    this.bar.append(this.start, this.end, this.status);
    cells[0].section.parentElement?.prepend(this.bar);
  }

  private button(label: string, press: () => void): HTMLButtonElement {
    const made = document.createElement("button");
    made.textContent = label;
    made.addEventListener("click", press);
    return made;
  }

  /** Runs cells in their order, up to the first that fails. */
  private async run(cells: Cell[]): Promise<void> {
    if (this.busy) return;
    this.turn(true);
    // From now on a reader has something to lose here.
    window.parent.postMessage({ context: "iframe.used" }, "*");
    for (const cell of this.cells) cell.edit((one) => void this.run([one]));
    let told = READY;
    try {
      for (const cell of cells) {
        const lacked = await this.compute(cell);
        if (lacked === null) continue;
        told = lacked ? missing(lacked) : "A cell failed: its error is below it.";
        break;
      }
    } catch (error) {
      told = error instanceof Stopped ? "Stopped. What was computed so far is forgotten." : broken(error, this.from);
    }
    this.turn(false);
    this.status.textContent = told;
  }

  /** Runs one cell; null where it succeeded, else the module that it lacked, empty for any other failure. */
  private async compute(cell: Cell): Promise<string | null> {
    cell.clear();
    cell.section.classList.add("executing");
    const task = { code: cell.code, language: cell.language, name: `<cell ${cell.number}>`, from: this.from };
    const hearer = {
      doing: (what: string) => (this.status.textContent = `${what} …`),
      output: cell.show.bind(cell),
    };
    try {
      const { failed, lacked } = await this.machine.run(task, hearer);
      return failed ? lacked : null;
    } finally {
      cell.section.classList.remove("executing");
    }
  }

  private turn(busy: boolean): void {
    const focused = [this.start, this.end].includes(document.activeElement as HTMLButtonElement);
    this.busy = busy;
    this.start.hidden = busy;
    this.end.hidden = !busy;
    // The focus does not get lost with a button.
    if (focused) (busy ? this.end : this.start).focus({ preventScroll: true });
  }
}

function missing(name: string): string {
  return `This needs ${name}, which is not to be had in the browser here. Fork the lab, below, to run it in MLabs.`;
}

function broken(error: unknown, from: string): string {
  return `It could not be run: ${error instanceof Error ? error.message : String(error)} (from ${new URL(from).host})`;
}
