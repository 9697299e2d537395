// A drawing of 8 × 8 pixels, by pointer or keyboard.

const SIDE = 8;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Paint 64 values from 0 to 1 in ink; where pages are dark, the style sheet inverts it. */
export function paint(canvas, pixels) {
  const context = canvas.getContext("2d");
  const size = canvas.width / SIDE;
  context.clearRect(0, 0, canvas.width, canvas.height);
  for (const [n, value] of pixels.entries()) {
    context.globalAlpha = value;
    context.fillRect((n % SIDE) * size, Math.floor(n / SIDE) * size, size, size);
  }
  context.globalAlpha = 1;
}

export class Drawing {
  /** `changed` is told the pixels, always. */
  constructor(canvas, changed) {
    Object.assign(this, { canvas, changed, cursor: [3, 1], last: null });
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.go(event));
    canvas.addEventListener("keydown", (event) => this.press(event));
    for (const name of ["focus", "blur"]) canvas.addEventListener(name, () => this.repaint());
  }

  show(pixels) {
    this.pixels = [...pixels];
    this.repaint();
    this.changed(this.pixels);
  }

  begin(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.place(event);
    this.ink([this.last]);
  }

  go(event) {
    if (!event.buttons || !this.last) return;
    const [fromX, fromY] = this.last;
    const [x, y] = (this.last = this.place(event));
    const steps = Math.ceil(4 * Math.hypot(x - fromX, y - fromY)) || 1;
    const between = (n) => [fromX + ((x - fromX) * n) / steps, fromY + ((y - fromY) * n) / steps];
    this.ink(Array.from({ length: steps }, (_, n) => between(n + 1)));
  }

  press(event) {
    const move = MOVES[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    if (move) this.cursor = this.cursor.map((value, n) => Math.min(SIDE - 1, Math.max(0, value + move[n])));
    if (move) this.repaint();
    else this.ink([this.cursor.map((value) => value + 0.5)]);
  }

  place({ offsetX, offsetY }) {
    return [(offsetX / this.canvas.clientWidth) * SIDE, (offsetY / this.canvas.clientHeight) * SIDE];
  }

  /** A pen about one and a half pixels wide, as the digits were scanned. */
  ink(points) {
    this.pixels = this.pixels.map((value, n) => {
      const [x, y] = [(n % SIDE) + 0.5, Math.floor(n / SIDE) + 0.5];
      const distance = Math.min(...points.map((point) => Math.hypot(point[0] - x, point[1] - y)));
      return Math.max(value, Math.min(1, Math.max(0, 1.5 - 1.3 * distance)));
    });
    this.repaint();
    this.changed(this.pixels);
  }

  repaint() {
    paint(this.canvas, this.pixels);
    if (!this.canvas.matches(":focus-visible")) return;
    const size = this.canvas.width / SIDE;
    const context = this.canvas.getContext("2d");
    context.lineWidth = 3;
    context.strokeRect(this.cursor[0] * size + 1.5, this.cursor[1] * size + 1.5, size - 3, size - 3);
  }
}
