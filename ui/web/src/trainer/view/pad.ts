/** A small grid to draw on, by finger, mouse, or keyboard: arrows move, space draws. */
import { button, h } from "./dom.ts";
import type { Source } from "./drawn.ts";
import { draw, type Point } from "./ink.ts";

export class Pad implements Source {
  readonly element: HTMLElement;
  private canvas: HTMLCanvasElement;
  private values: Float32Array;
  private at = 0;
  /** Where a line that is being drawn is now. */
  private tip: Point | null = null;
  private focused = false;

  constructor(
    label: string,
    private side: number,
    private changed: () => void = () => undefined,
  ) {
    this.values = new Float32Array(side * side);
    const scale = Math.ceil(192 / side);
    this.canvas = h("canvas", {
      class: "pad",
      width: side * scale,
      height: side * scale,
      tabindex: 0,
      role: "application",
      "aria-label": `${label}. Arrow keys move, space draws and takes away.`,
    });
    this.element = h(
      "div",
      { class: "stack stack--tight" },
      this.canvas,
      button("Clear the pad", () => this.clear()),
    );
    this.listen();
    this.paint();
  }

  private listen(): void {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      this.tip = null;
      canvas.setPointerCapture(event.pointerId);
      this.stroke(event);
    });
    canvas.addEventListener("pointermove", (event) => this.tip && this.stroke(event));
    canvas.addEventListener("pointerup", () => (this.tip = null));
    canvas.addEventListener("pointercancel", () => (this.tip = null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("focus", () => this.focus(true));
    canvas.addEventListener("blur", () => this.focus(false));
  }

  private focus(focused: boolean): void {
    this.focused = focused;
    this.paint();
  }

  private stroke(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const between = event.getCoalescedEvents();
    for (const { clientX, clientY } of between.length ? between : [event]) {
      const next: Point = [
        ((clientX - box.left) / box.width) * this.side - 0.5,
        ((clientY - box.top) / box.height) * this.side - 0.5,
      ];
      draw(this.values, this.side, this.tip ?? next, next);
      this.tip = next;
    }
    this.paint();
    this.changed();
  }

  private key(event: KeyboardEvent): void {
    const moves: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.side, ArrowDown: this.side };
    if (event.key === " ") {
      this.values[this.at] = this.values[this.at] ? 0 : 1;
      this.changed();
    } else if (event.key in moves) {
      const next = this.at + moves[event.key];
      const sideways = Math.abs(moves[event.key]) === 1;
      const same = Math.floor(next / this.side) === Math.floor(this.at / this.side);
      if (next >= 0 && next < this.values.length && (!sideways || same)) this.at = next;
    } else return;
    event.preventDefault();
    this.paint();
  }

  private paint(): void {
    const context = this.canvas.getContext("2d");
    const scale = this.canvas.width / this.side;
    this.values.forEach((value, place) => {
      if (!context) return;
      const light = Math.round(value * 255);
      context.fillStyle = `rgb(${light} ${light} ${light})`;
      context.fillRect((place % this.side) * scale, Math.floor(place / this.side) * scale, scale, scale);
    });
    if (!context || !this.focused) return;
    context.strokeStyle = "#53dcae";
    context.lineWidth = 2;
    context.strokeRect(
      (this.at % this.side) * scale + 1,
      Math.floor(this.at / this.side) * scale + 1,
      scale - 2,
      scale - 2,
    );
  }

  /** Pixels from 0 to 1. */
  get pixels(): Float32Array {
    return this.values.slice();
  }

  take(): Float32Array | string {
    if (this.values.every((value) => value === 0)) return "Draw something first.";
    const taken = this.pixels;
    this.clear();
    return taken;
  }

  clear(): void {
    this.values.fill(0);
    this.paint();
    this.changed();
  }
}
