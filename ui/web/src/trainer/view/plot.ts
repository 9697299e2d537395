/** Lines, bars and points, drawn as SVG in the colors of the pages. */
import { short } from "../data/columns.ts";
import { h, s } from "./dom.ts";

const WIDTH = 320;
const HEIGHT = 170;
const LEFT = 44;
const FOOT = 22;

export interface Line {
  name: string;
  points: [number, number][];
  /** `--hue` of its color. */
  hue: number;
}

interface Frame {
  x(value: number): number;
  y(value: number): number;
  axes: SVGElement[];
}

type Span = [low: number, high: number];

function span(values: number[]): Span {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!finite.length) return [0, 1];
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

/** A number beside an axis: there is room for three digits. */
function tick(value: number): string {
  return Math.abs(value) >= 1000 ? short(Math.round(value)) : short(Number(value.toPrecision(3)));
}

function frame(across: Span, up: Span): Frame {
  const x = (value: number): number => LEFT + ((value - across[0]) / (across[1] - across[0])) * (WIDTH - LEFT - 8);
  const y = (value: number): number => HEIGHT - FOOT - ((value - up[0]) / (up[1] - up[0])) * (HEIGHT - FOOT - 10);
  const axes: SVGElement[] = [];
  for (const value of [up[0], (up[0] + up[1]) / 2, up[1]]) {
    axes.push(s("path", { class: "plot__grid", d: `M${LEFT} ${y(value).toFixed(1)}H${WIDTH - 8}` }));
    axes.push(s("text", { class: "plot__text", x: LEFT - 5, y: y(value) + 3, "text-anchor": "end" }, tick(value)));
  }
  for (const [value, anchor] of [
    [across[0], "start"],
    [across[1], "end"],
  ] as const) {
    axes.push(s("text", { class: "plot__text", x: x(value), y: HEIGHT - 6, "text-anchor": anchor }, tick(value)));
  }
  return { x, y, axes };
}

function drawing(name: string, ...children: SVGElement[]): SVGElement {
  return s("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": name }, ...children);
}

function path(points: [number, number][], { x, y }: Frame): string {
  const finite = points.filter(([, value]) => Number.isFinite(value));
  return finite
    .map(([across, up], index) => `${index ? "L" : "M"}${x(across).toFixed(1)} ${y(up).toFixed(1)}`)
    .join("");
}

/** Lines over one axis, with a mark at `mark`; the second and later are dashed, so that colors are not all. */
export function lines(name: string, shown: Line[], mark?: number, up?: Span, across?: Span): HTMLElement {
  const all = shown.flatMap((line) => line.points);
  const found = frame(across ?? span(all.map(([x]) => x)), up ?? span(all.map(([, y]) => y)));
  const drawn = shown.map((line, index) =>
    s("path", {
      class: `plot__line hue-${line.hue}${index ? " plot__line--dashed" : ""}`,
      d: path(line.points, found),
    }),
  );
  const at =
    mark === undefined
      ? []
      : [s("path", { class: "plot__mark", d: `M${found.x(mark).toFixed(1)} 8V${HEIGHT - FOOT}` })];
  const key = h(
    "p",
    { class: "plot__key small" },
    ...shown.map((line, index) =>
      h("span", { class: `plot__name hue-${line.hue}${index ? " plot__name--dashed" : ""}` }, line.name),
    ),
  );
  return h("div", {}, drawing(name, ...found.axes, ...at, ...drawn), key);
}

/** Points, with the line where both axes are the same. */
export function points(name: string, shown: [number, number][]): SVGElement {
  const both = span(shown.flat());
  const found = frame(both, both);
  const same = s("path", {
    class: "plot__mark",
    d: path(
      [
        [both[0], both[0]],
        [both[1], both[1]],
      ],
      found,
    ),
  });
  const dots = shown.map(([x, y]) =>
    s("circle", { class: "plot__dot hue-0", cx: found.x(x).toFixed(1), cy: found.y(y).toFixed(1), r: 3 }),
  );
  return drawing(name, ...found.axes, same, ...dots);
}

export interface Bar {
  label: string;
  value: number;
}

/** Bars that lie, each with its name and number: they are readable as text, too. */
export function bars(shown: Bar[], told: (value: number) => string = short): HTMLElement {
  const most = Math.max(...shown.map(({ value }) => Math.abs(value)), 1e-9);
  const rows = shown.map(({ label, value }) => {
    const length = Math.max(0, value / most) * 100;
    const bar = s(
      "svg",
      { class: "bars__bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
      s("rect", { width: length.toFixed(2), height: 8 }),
    );
    return h(
      "li",
      {},
      h("span", { class: "bars__name" }, label),
      bar,
      h("span", { class: "bars__value" }, told(value)),
    );
  });
  return h("ul", { class: "bars" }, ...rows);
}

/** A small histogram for a row of a table; what it shows is its name. */
export function histogram(name: string, counts: { label: string; count: number }[]): SVGElement {
  const most = Math.max(...counts.map(({ count }) => count), 1);
  const width = 100 / Math.max(counts.length, 1);
  const rects = counts.map(({ count }, index) => {
    const height = (count / most) * 30;
    return s("rect", {
      x: (index * width + 0.5).toFixed(2),
      y: (30 - height).toFixed(2),
      width: Math.max(width - 1, 0.5).toFixed(2),
      height: height.toFixed(2),
    });
  });
  return s(
    "svg",
    { class: "spark-bars", viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img", "aria-label": name },
    ...rects,
  );
}
