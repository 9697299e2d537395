/** A picture as a model sees it: drawn by hand or read from a file, made as small as the input is. */
import type { Looks } from "./looks";

const SIDE = 280;

/** A pad to draw on: dark on light as on paper, or the other way round as digits are in MNIST. */
export class Pad {
  readonly canvas = document.createElement("canvas");
  private context = this.canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  private drawing = false;

  constructor({ height, width }: Looks) {
    const scale = SIDE / Math.max(height, width);
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.className = "trial__pad";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Drawing pad, for a pointer; with the keyboard, choose a picture or write numbers");
    this.clear();
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.draw(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => (this.drawing = false));
  }

  clear(): void {
    this.context.fillStyle = "#fff";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Shows a picture whole, in the middle. */
  show(picture: ImageBitmap): void {
    const { width, height } = this.canvas;
    const scale = Math.min(width / picture.width, height / picture.height);
    const [w, h] = [picture.width * scale, picture.height * scale];
    this.clear();
    this.context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  }

  private begin(event: PointerEvent): void {
    this.drawing = true;
    this.canvas.setPointerCapture(event.pointerId);
    Object.assign(this.context, { lineWidth: this.canvas.width / 13, lineCap: "round", lineJoin: "round", strokeStyle: "#111" });
    this.context.beginPath();
    this.context.moveTo(...this.place(event));
    this.draw(event);
  }

  private draw(event: PointerEvent): void {
    if (!this.drawing) return;
    this.context.lineTo(...this.place(event));
    this.context.stroke();
  }

  private place({ clientX, clientY }: PointerEvent): [number, number] {
    const box = this.canvas.getBoundingClientRect();
    const { width, height } = this.canvas;
    return [((clientX - box.left) * width) / box.width, ((clientY - box.top) * height) / box.height];
  }

  /** The numbers of the picture in the order of the input, each from `low` to `high`. */
  numbers({ height, width, channels }: Looks, low: number, high: number, inverted: boolean): number[] {
    const small = document.createElement("canvas");
    Object.assign(small, { width, height });
    const context = small.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.canvas, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const values: number[] = [];
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue] = data.slice(at, at + 3);
      const point = channels === 3 ? [red, green, blue] : [0.299 * red + 0.587 * green + 0.114 * blue];
      for (const value of point) values.push(low + ((inverted ? 255 - value : value) / 255) * (high - low));
    }
    return values;
  }
}
