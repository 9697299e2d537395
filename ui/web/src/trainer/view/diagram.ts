/** The network as a drawing: stages from left to right, with what each gives to the next. */
import type { Stage } from "../network/layers.ts";
import { h, s } from "./dom.ts";
import { table } from "./parts.ts";

const GAP = 118;
const HEIGHT = 168;
const MIDDLE = 70;
/** So many units of a stage are drawn. */
const DOTS = 7;

interface Place {
  x: number;
  ys: number[];
}

function places(stage: Stage, index: number): Place {
  const units = Math.min(stage.shape[stage.shape.length - 1], DOTS);
  const step = Math.min(18, 112 / units);
  return {
    x: 59 + index * GAP,
    ys: Array.from({ length: units }, (_, unit) => MIDDLE + (unit - (units - 1) / 2) * step),
  };
}

function links(from: Place, to: Place): SVGElement {
  const d = from.ys
    .flatMap((y) => to.ys.map((next) => `M${from.x} ${y.toFixed(1)}L${to.x} ${next.toFixed(1)}`))
    .join("");
  return s("path", { class: "diagram__links", d });
}

/** Units are dots; what has a width and a height is drawn as small pictures, what has steps as rows. */
function units(stage: Stage, { x, ys }: Place): SVGElement[] {
  const side = stage.shape.length > 1 ? 13 : 0;
  const kind = `diagram__unit${stage.layer < 0 ? " diagram__unit--edge" : ""}`;
  return ys.map((y) =>
    side
      ? s("rect", { class: kind, x: x - side / 2, y: y - side / 2, width: side, height: side, rx: 2 })
      : s("circle", { class: kind, cx: x, cy: y, r: 5.5 }),
  );
}

function words(stage: Stage, { x }: Place): SVGElement[] {
  const [title, ...rest] = stage.title.split(", ");
  const text = (y: number, name: string, of: string): SVGElement =>
    s("text", { class: of, x, y, "text-anchor": "middle" }, name);
  return [
    text(HEIGHT - 28, title, "diagram__title"),
    text(HEIGHT - 15, rest.join(", "), "diagram__text"),
    text(HEIGHT - 3, stage.shape.join(" × "), "diagram__text"),
  ];
}

export function diagram(stages: Stage[]): HTMLElement {
  const where = stages.map(places);
  const width = stages.length * GAP;
  const drawn = s(
    "svg",
    {
      class: "diagram",
      viewBox: `0 0 ${width} ${HEIGHT}`,
      width,
      height: HEIGHT,
      role: "img",
      "aria-label": `The network: ${stages.map((stage) => stage.title).join(", then ")}`,
    },
    ...where.slice(1).map((to, index) => links(where[index], to)),
    ...stages.flatMap((stage, index) => [...units(stage, where[index]), ...words(stage, where[index])]),
  );
  return h(
    "div",
    { class: "diagram-wrap", tabindex: 0, role: "region", "aria-label": "Diagram of the network" },
    drawn,
  );
}

export function stageTable(stages: Stage[]): HTMLElement {
  return table(
    "Stages of the network",
    ["Stage", "Gives", "Parameters"],
    stages.map((stage) => [stage.title, stage.shape.join(" × "), stage.parameters.toLocaleString("en")]),
  );
}
