/** Small line charts of what a run logs, drawn while it goes on. */

const WIDTH = 320;
const HEIGHT = 120;
const MAX_POINTS = 2_000;
const NS = "http://www.w3.org/2000/svg";

interface Series {
  points: [number, number][];
  last: number;
  figure: HTMLElement;
  path: SVGPathElement;
  value: HTMLElement;
  span: HTMLElement;
  rows: HTMLElement;
  /** Where the page says the newest value once more. */
  tile?: HTMLElement;
}

/** `"0.0123"`, `"1.2e-8"`, `"12,345"`: as many digits as tell something. */
export function spoken(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2);
  return value.toLocaleString("en", { maximumSignificantDigits: size >= 1000 ? 7 : 4 });
}

function svg(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(NS, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Every other point is let go where there are more than can be seen. */
function thinned(points: [number, number][]): [number, number][] {
  return points.length > MAX_POINTS ? points.filter((_, index) => index % 2 === 0 || index === points.length - 1) : points;
}

/** What a training says once more, of the epoch that it went back to, is no point more. */
function known(points: [number, number][], step: number | null, value: number): boolean {
  const last = points[points.length - 1];
  return step !== null && last !== undefined && step <= last[0] && points.some(([x, y]) => x === step && y === value);
}

function line(points: [number, number][]): string {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const x = (value: number): number => (right > left ? ((value - left) / (right - left)) * (WIDTH - 8) + 4 : WIDTH / 2);
  const y = (value: number): number => (high > low ? HEIGHT - 6 - ((value - low) / (high - low)) * (HEIGHT - 12) : HEIGHT / 2);
  return points.map(([px, py], index) => `${index ? "L" : "M"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join("");
}

export class Charts {
  private series = new Map<string, Series>();
  private changed = new Set<Series>();
  private timer = 0;

  constructor(private place: HTMLElement) {}

  /** Takes what one event of the run tells: the values of a step, or of several in order. */
  take(data: { values: Record<string, unknown>; step: number | null; points?: [number | null, number, Record<string, unknown>][] }): void {
    if (data.points?.length) data.points.forEach(([step, , values]) => this.add(values, step));
    else this.add(data.values, data.step ?? null);
  }

  /** Takes the values of one step; without a step of their own they are numbered. */
  add(values: Record<string, unknown>, step: number | null): void {
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== "number" || !Number.isFinite(value)) continue;
      const series = this.series.get(name) ?? this.begin(name);
      series.last = value;
      if (!known(series.points, step, value)) series.points.push([step ?? series.points.length, value]);
      series.points = thinned(series.points);
      this.changed.add(series);
    }
    this.timer ||= window.setTimeout(() => this.draw(), 150);
  }

  clear(): void {
    this.series.clear();
    this.changed.clear();
    this.place.replaceChildren();
    this.place.hidden = true;
  }

  private begin(name: string): Series {
    const figure = document.createElement("figure");
    figure.className = "chart";
    const caption = document.createElement("figcaption");
    const value = Object.assign(document.createElement("strong"), { className: "chart__value" });
    caption.append(Object.assign(document.createElement("span"), { textContent: name }), value);
    const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    const path = svg("path", { class: "chart__line", d: "" }) as SVGPathElement;
    drawing.append(path);
    const details = document.createElement("details");
    const span = document.createElement("summary");
    const table = document.createElement("table");
    table.innerHTML = "<thead><tr><th scope=col>Step</th><th scope=col>Value</th></tr></thead>";
    const rows = document.createElement("tbody");
    table.append(rows);
    details.append(span, table);
    figure.append(caption, drawing, details);
    this.place.append(figure);
    this.place.hidden = false;
    const tile = [...document.querySelectorAll<HTMLElement>("[data-metric]")].find((place) => place.dataset.metric === name);
    const made: Series = { points: [], last: 0, figure, path, value, span, rows, tile };
    details.addEventListener("toggle", () => this.fill(made));
    this.series.set(name, made);
    return made;
  }

  private draw(): void {
    this.timer = 0;
    for (const series of this.changed) {
      const ys = series.points.map(([, y]) => y);
      series.path.setAttribute("d", line(series.points));
      series.value.textContent = spoken(series.last);
      if (series.tile) series.tile.textContent = series.value.textContent;
      series.span.textContent = `${series.points.length} values, ${spoken(Math.min(...ys))} to ${spoken(Math.max(...ys))}`;
      this.fill(series);
    }
    this.changed.clear();
  }

  /** Writes the table where it is open: it says the same without a picture. */
  private fill(series: Series): void {
    if (!series.rows.closest("details")?.open) return;
    const shown = series.points.slice(-100);
    series.rows.replaceChildren(
      ...shown.map(([step, value]) => {
        const row = document.createElement("tr");
        for (const text of [String(step), spoken(value)]) {
          row.append(Object.assign(document.createElement("td"), { textContent: text }));
        }
        return row;
      }),
    );
  }
}
