/** Where a network draws its borders, for two numbers: the plane in the colors of what it would say. */
import { short } from "../data/columns.ts";
import type { Input } from "../data/inputs.ts";
import type { Prepared } from "../data/prepared.ts";
import type { Run } from "../run.ts";
import { largest } from "../score/classes.ts";
import { h, s } from "./dom.ts";
import { charted, percent, table } from "./parts.ts";

const CELLS = 36;
const SIZE = 360;
const COARSE = 6;
const POINTS = 400;

/** Whether there is a plane to draw. */
export function planar(prepared: Prepared): boolean {
  return (
    prepared.task === "classes" &&
    prepared.shape.length === 1 &&
    prepared.inputs.length === 2 &&
    prepared.inputs.every((input) => input.kind === "number")
  );
}

interface Axis {
  low: number;
  high: number;
}

/** What is drawn of an input: a little more than its values. */
function axis(input: Input): Axis {
  const margin = (input.high - input.low) * 0.08 || 1;
  return { low: input.low - margin, high: input.high + margin };
}

function grid(prepared: Prepared): Float32Array {
  const [across, up] = prepared.inputs;
  const x = new Float32Array(CELLS * CELLS * 2);
  for (let row = 0; row < CELLS; row++) {
    for (let column = 0; column < CELLS; column++) {
      const at = (row * CELLS + column) * 2;
      x[at] = scaled(across, place(axis(across), column));
      x[at + 1] = scaled(up, place(axis(up), CELLS - 1 - row));
    }
  }
  return x;
}

function place({ low, high }: Axis, cell: number): number {
  return low + ((cell + 0.5) / CELLS) * (high - low);
}

function scaled(input: Input, value: number): number {
  return (value - input.shift) * input.factor;
}

/** The plane as the network sees it now. */
export async function boundary(run: Run): Promise<HTMLElement> {
  const { prepared } = run;
  const found = await run.predict(grid(prepared));
  const size = prepared.classes.length;
  const said = largest(found, size);
  const edge = SIZE / CELLS;
  const cells = said.map((kind, at) =>
    s("rect", {
      class: `plane__cell hue-${kind % 8}`,
      x: (at % CELLS) * edge,
      y: Math.floor(at / CELLS) * edge,
      width: edge,
      height: edge,
      "fill-opacity": (0.12 + 0.5 * found[at * size + kind] ** 3).toFixed(2),
    }),
  );
  const [across, up] = prepared.inputs;
  const drawn = s(
    "svg",
    {
      class: "plane",
      viewBox: `0 0 ${SIZE} ${SIZE}`,
      role: "img",
      "aria-label": `What the network says for each ${across.name} and ${up.name}`,
    },
    ...cells,
    ...dots(prepared),
  );
  const key = h(
    "p",
    { class: "plot__key small" },
    ...prepared.classes.map((name, kind) =>
      h("span", { class: `plot__name hue-${kind % 8}` }, `${MARKS[kind % MARKS.length]} ${name}`),
    ),
  );
  const axes = h(
    "p",
    { class: "small muted" },
    `→ ${across.name}, ${short(axis(across).low)} to ${short(axis(across).high)} · ↑ ${up.name}, ${short(axis(up).low)} to ${short(axis(up).high)}. The paler, the less sure.`,
  );
  return charted("Where it draws its borders", h("div", {}, drawn, key, axes), () => coarse(prepared, found, said), "", "plane-as-table");
}

const MARKS = ["●", "■", "▲", "◆"];
const SHAPES = [
  "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",
  "M-3.5 -3.5h7v7h-7Z",
  "M0 -4.5L4 3.5H-4Z",
  "M0 -5L4 0L0 5L-4 0Z",
];

/** The training rows, each class with a shape of its own. */
function dots(prepared: Prepared): SVGElement[] {
  const { x, y, rows } = prepared.train;
  const kinds = largest(y, prepared.classes.length);
  const across = prepared.inputs.map((input) => [scaled(input, axis(input).low), scaled(input, axis(input).high)]);
  const at = (row: number, which: number): number =>
    ((x[row * 2 + which] - across[which][0]) / (across[which][1] - across[which][0])) * SIZE;
  return rows.slice(0, POINTS).map((_, row) =>
    s("path", {
      class: `plane__dot hue-${kinds[row] % 8}`,
      d: SHAPES[kinds[row] % SHAPES.length],
      transform: `translate(${at(row, 0).toFixed(1)} ${(SIZE - at(row, 1)).toFixed(1)})`,
    }),
  );
}

/** The same as a table, with fewer cells. */
function coarse(prepared: Prepared, found: Float32Array, said: number[]): HTMLElement {
  const [across, up] = prepared.inputs;
  const steps = Array.from({ length: COARSE }, (_, index) => Math.floor(((index + 0.5) * CELLS) / COARSE));
  const size = prepared.classes.length;
  const rows = steps.map((row) => [
    short(place(axis(up), CELLS - 1 - row)),
    ...steps.map((column) => {
      const at = row * CELLS + column;
      return `${prepared.classes[said[at]]}, ${percent(found[at * size + said[at]])}`;
    }),
  ]);
  return table(
    "Where it draws its borders",
    [`${up.name} ↓ ${across.name} →`, ...steps.map((column) => short(place(axis(across), column)))],
    rows,
  );
}
