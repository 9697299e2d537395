/** Lines, points and how numbers are spread, drawn as SVG in the colors of the pages. */
import type { Bin } from "../data/columns.ts";
import { inForm, USUAL, type Form } from "../data/form.ts";
import { h, s } from "./dom.ts";

const WIDTH = 320;
const HEIGHT = 196;
const LEFT = 44;
/** Room for the titles of the axes, above and below. */
const TOP = 22;
const FOOT = 36;

export interface Line {
  name: string;
  points: [number, number][];
  /** `--hue` of its color. */
  hue: number;
}

/** What the axes are of, and how their numbers are written. */
export interface Titles {
  across: string;
  up: string;
  form?: Form;
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
  if (high > low) return [low, high];
  // One value alone is drawn over all that lies between it and nothing.
  return low === 0 ? [-0.5, 0.5] : [Math.min(0, low), Math.max(0, high)];
}

/** A number beside an axis: there is room for three digits. */
function tick(value: number, form = USUAL): string {
  return inForm(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3)), form);
}

function frame(across: Span, up: Span, titles: Titles): Frame {
  const x = (value: number): number => LEFT + ((value - across[0]) / (across[1] - across[0])) * (WIDTH - LEFT - 8);
  const y = (value: number): number => HEIGHT - FOOT - ((value - up[0]) / (up[1] - up[0])) * (HEIGHT - FOOT - TOP);
  const title = { class: "plot__text plot__title" };
  const axes: SVGElement[] = [
    s("text", { ...title, x: 2, y: 10 }, `↑ ${titles.up}`),
    s("text", { ...title, x: WIDTH - 8, y: HEIGHT - 4, "text-anchor": "end" }, `${titles.across} →`),
  ];
  for (const value of [up[0], (up[0] + up[1]) / 2, up[1]]) {
    axes.push(s("path", { class: "plot__grid", d: `M${LEFT} ${y(value).toFixed(1)}H${WIDTH - 8}` }));
    axes.push(s("text", { class: "plot__text", x: LEFT - 5, y: y(value) + 3, "text-anchor": "end" }, tick(value, titles.form)));
  }
  for (const [value, anchor] of [
    [across[0], "start"],
    [across[1], "end"],
  ] as const) {
    axes.push(s("text", { class: "plot__text", x: x(value), y: HEIGHT - 21, "text-anchor": anchor }, tick(value, titles.form)));
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
export function lines(
  name: string,
  shown: Line[],
  titles: Titles,
  mark?: number,
  up?: Span,
  across?: Span,
): HTMLElement {
  const all = shown.flatMap((line) => line.points);
  const found = frame(across ?? span(all.map(([x]) => x)), up ?? span(all.map(([, y]) => y)), titles);
  const drawn = shown.map((line, index) =>
    s("path", {
      class: `plot__line hue-${line.hue}${index ? " plot__line--dashed" : ""}`,
      d: path(line.points, found),
    }),
  );
  // A line of one point is none.
  const dots = shown
    .filter((line) => line.points.length === 1)
    .map(({ hue, points: [[x, y]] }) => s("circle", { class: `plot__dot hue-${hue}`, cx: found.x(x).toFixed(1), cy: found.y(y).toFixed(1), r: 3 }));
  const at =
    mark === undefined
      ? []
      : [s("path", { class: "plot__mark", d: `M${found.x(mark).toFixed(1)} ${TOP}V${HEIGHT - FOOT}` })];
  const key = h(
    "p",
    { class: "plot__key small" },
    ...shown.map((line, index) =>
      h("span", { class: `plot__name hue-${line.hue}${index ? " plot__name--dashed" : ""}` }, line.name),
    ),
  );
  return h("div", {}, drawing(name, ...found.axes, ...at, ...drawn, ...dots), key);
}

/** Points, with the line where both axes are the same. */
export function points(name: string, shown: [number, number][], titles: Titles): SVGElement {
  const both = span(shown.flat());
  const found = frame(both, both, titles);
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

/** How many there are of each size: bars side by side, and a line at zero where that is among them. */
export function spread(name: string, shown: Bin[], titles: Titles): SVGElement {
  const across: Span = [shown[0]?.low ?? 0, shown.at(-1)?.high ?? 1];
  const found = frame(across, [0, Math.max(...shown.map(({ count }) => count), 1)], titles);
  const drawn = shown.map(({ low, high, count }) =>
    s("rect", {
      class: "plot__bar",
      x: (found.x(low) + 0.5).toFixed(1),
      y: found.y(count).toFixed(1),
      width: Math.max(found.x(high) - found.x(low) - 1, 0.5).toFixed(1),
      height: (found.y(0) - found.y(count)).toFixed(1),
    }),
  );
  const zero = found.x(0).toFixed(1);
  const within = across[0] < 0 && across[1] > 0;
  const line = within && s("path", { class: "plot__zero", d: `M${zero} ${TOP}V${HEIGHT - FOOT}` });
  // Beside the ends of the axis there is no room for it.
  const apart = Math.min(found.x(0) - LEFT, WIDTH - 8 - found.x(0)) > 50;
  const label = within && apart && s("text", { class: "plot__text", x: zero, y: HEIGHT - 21, "text-anchor": "middle" }, "0");
  return drawing(name, ...found.axes, ...drawn, ...[line, label].filter((one) => one !== false));
}
