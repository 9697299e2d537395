/** A cell that can be run here: its code as a reader may change it, and what came of it. */
import { Output, Shown } from "../live/outputs";
import type { Language } from "./protocol";

const PAUSE = 80;

export class Cell {
  private editor: HTMLTextAreaElement | null = null;
  private place: HTMLElement | null = null;
  private outputs: Shown[] = [];
  private grown = new Set<Shown>();
  private timer = 0;

  constructor(
    readonly section: HTMLElement,
    readonly number: number,
    private own: Language,
  ) {}

  private get text(): string {
    return this.editor?.value ?? this.section.querySelector(".source pre code")?.textContent ?? "";
  }

  get language(): Language {
    return /^\s*%%(?:javascript|js)\b/.test(this.text) ? "javascript" : this.own;
  }

  /** The code without the line that only names its language. */
  get code(): string {
    return this.text.replace(/^\s*%%(?:javascript|js|python)\b.*\n?/, "");
  }

  /** Lets the reader change the code, and run it by Shift and Enter or a button. */
  edit(run: (cell: Cell) => void): void {
    if (this.editor) return;
    const pre = this.section.querySelector<HTMLElement>(".source pre");
    const editor = document.createElement("textarea");
    editor.className = "editor";
    editor.value = this.text;
    editor.rows = this.text.split("\n").length;
    editor.spellcheck = false;
    editor.setAttribute("aria-label", `Code of cell ${this.number}`);
    editor.addEventListener("input", () => (editor.rows = editor.value.split("\n").length));
    editor.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.shiftKey) return;
      event.preventDefault();
      run(this);
    });
    const button = document.createElement("button");
    button.className = "here__cell";
    button.textContent = "Run";
    button.setAttribute("aria-label", `Run cell ${this.number}`);
    button.addEventListener("click", () => run(this));
    (pre?.closest(".copyable") ?? pre)?.replaceWith(editor, button);
    this.editor = editor;
  }

  clear(): void {
    this.place?.remove();
    this.section.querySelectorAll(":scope > .outputs").forEach((old) => old.remove());
    this.place = document.createElement("div");
    this.place.className = "outputs";
    this.place.setAttribute("role", "group");
    this.place.setAttribute("aria-label", `Output of cell ${this.number}`);
    this.section.append(this.place);
    this.outputs = [];
  }

  show(output: Output): void {
    const last = this.outputs.at(-1);
    if (last?.continues(output)) {
      last.add(output);
      this.grown.add(last);
      this.timer ||= window.setTimeout(() => this.draw(), PAUSE);
      return;
    }
    const shown = new Shown(output);
    this.outputs.push(shown);
    this.place?.append(shown.element);
  }

  private draw(): void {
    this.timer = 0;
    this.grown.forEach((shown) => shown.draw());
    this.grown.clear();
  }
}
