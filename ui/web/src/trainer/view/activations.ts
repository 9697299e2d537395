/** What each layer makes of one example: maps of pictures, rows of series, bars of units. */
import { short } from "../data/columns.ts";
import { inForm } from "../data/form.ts";
import { namesOf } from "../data/inputs.ts";
import { FIRST, PADDING, UNKNOWN } from "../data/vocabulary.ts";
import type { Run } from "../run.ts";
import { largest } from "../score/classes.ts";
import type { Weight } from "../worker/protocol.ts";
import { bars, signed } from "./bars.ts";
import { h, number, redraw, s } from "./dom.ts";
import { charted, table } from "./parts.ts";
import { thumbnail } from "./thumbnail.ts";

/** So many maps, units and rows of a table are shown. */
const MAPS = 16;
const UNITS = 64;
const ROWS = 256;
/** So many units are named one by one. */
const NAMED = 16;
const GIVEN = "What goes in";

export class Activations {
  readonly element: HTMLElement;
  private place = h("div", { class: "stack stack--tight" });

  constructor(
    private run: Run,
    attempt: (work: () => Promise<void>) => Promise<void>,
  ) {
    const rows = run.prepared.validation.rows.length;
    const choose = number(
      "activation-row",
      "Validation row",
      1,
      { min: 1, max: rows, step: 1 },
      (value) => void attempt(() => this.show(Math.min(rows, Math.max(1, Math.round(value || 1))) - 1)),
      `1 to ${rows}.`,
    );
    this.element = h(
      "section",
      { class: "stack stack--tight" },
      h("h3", {}, "What each layer makes of an example"),
      h(
        "p",
        { class: "small muted" },
        "Layer after layer, from what goes in to what is said. In maps dark is low and light is high; bars below the line are below zero.",
      ),
      h("div", { class: "quarters" }, choose),
      this.place,
    );
  }

  async show(at: number): Promise<void> {
    const { prepared } = this.run;
    const { width, shape, validation } = prepared;
    const x = validation.x.slice(at * width, (at + 1) * width);
    const layers = await this.run.activations(x);
    const given = { name: GIVEN, shape, values: x };
    const shown = this.run.prepared.text ? layers : [given, ...layers];
    redraw(
      this.place,
      h("p", { role: "status" }, this.truth(at)),
      this.read(x),
      h("div", { class: "charts charts--wide" }, ...shown.map((layer, at) => drawn(layer, this.names(layer, at === shown.length - 1)))),
    );
  }

  /** What the units of the first and of the last layer stand for. */
  private names({ name }: Weight, last: boolean): string[] {
    const { inputs, classes, target } = this.run.prepared;
    if (last) return classes.length ? classes : [target];
    return name === GIVEN ? namesOf(inputs) : [];
  }

  /** The words of a text as the network gets them: those that it does not know are dots. */
  private read(x: Float32Array): HTMLElement | null {
    const { text } = this.run.prepared;
    if (!text) return null;
    const words = Array.from(x)
      .filter((id) => id !== PADDING)
      .map((id) => (id === UNKNOWN ? "…" : text.vocabulary[id - FIRST]));
    return h("p", { class: "small" }, `What goes in: ${words.join(" ") || "no word"}`);
  }

  private truth(at: number): string {
    const { classes, target, validation, deviation, mean, form } = this.run.prepared;
    const size = classes.length || 1;
    const y = validation.y.subarray(at * size, (at + 1) * size);
    return `Row ${validation.rows[at] + 1}; in truth ${target} is ${classes.length ? classes[largest(y, size)[0]] : inForm(y[0] * deviation + mean, form)}.`;
  }
}

function drawn(layer: Weight, names: string[]): HTMLElement {
  const { name, shape, values } = layer;
  const title = `${name}, ${shape.join(" × ")}`;
  const picture = shape.length === 3 ? maps(layer) : shape.length === 2 ? steps(layer) : units(layer, names);
  return charted(title, picture, () => asTable(title, layer));
}

/** Values from 0 to 1, by the lowest and the highest of a layer. */
function light(values: Float32Array): Float32Array {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return values.map((value) => (value - low) / (high - low || 1));
}

function maps({ name, shape: [height, width, channels], values }: Weight): HTMLElement {
  const shown = light(values);
  if (channels === 3 && name === GIVEN) return pictures(thumbnail(values, [height, width, 3], name));
  const one = (channel: number): HTMLElement =>
    thumbnail(
      Float32Array.from({ length: height * width }, (_, at) => shown[at * channels + channel]),
      [height, width, 1],
      `${name}, map ${channel + 1}`,
    );
  const some = Array.from({ length: Math.min(MAPS, channels) }, (_, channel) => one(channel));
  return pictures(...some, channels > MAPS ? `and ${channels - MAPS} more` : "");
}

function pictures(...shown: (HTMLElement | string)[]): HTMLElement {
  return h("div", { class: "trainer__pictures trainer__pictures--maps" }, ...shown);
}

function steps({ name, shape: [length, units], values }: Weight): HTMLElement {
  const shown = light(values);
  const turned = Float32Array.from(
    { length: length * units },
    (_, at) => shown[(at % length) * units + Math.floor(at / length)],
  );
  return pictures(thumbnail(turned, [units, length, 1], `${name}: each column is a step, each line a unit`));
}

/** A bar for each unit, with its name where it has one and they are few. */
function units({ name, values }: Weight, names: string[]): HTMLElement {
  if (names.length === values.length && values.length <= NAMED) {
    const named = names.map((label, at) => ({ label, value: values[at] }));
    return values.some((value) => value < 0) ? signed(named) : bars(named, short, Math.max(1, ...values));
  }
  const shown = values.subarray(0, UNITS);
  const low = shown.reduce((a, b) => Math.min(a, b), Infinity);
  const high = shown.reduce((a, b) => Math.max(a, b), -Infinity);
  const told = `Units 1 to ${shown.length}, one beside the other: from ${short(low)} to ${short(high)}. The line is zero.`;
  return h("div", {}, strip(name, values), h("p", { class: "small muted" }, told));
}

/** A bar for each unit; where some are below zero, up or down from a line in the middle. */
function strip(name: string, values: Float32Array): SVGElement {
  const shown = values.subarray(0, UNITS);
  const most = shown.reduce((high, value) => Math.max(high, Math.abs(value)), 1e-9);
  const zero = shown.some((value) => value < 0) ? 15 : 30;
  const wide = 100 / shown.length;
  const drawn = Array.from(shown, (value, at) => {
    const tall = (Math.abs(value) / most) * zero;
    return s("rect", {
      x: (at * wide + wide * 0.1).toFixed(2),
      y: (value < 0 ? zero : zero - tall).toFixed(2),
      width: (wide * 0.8).toFixed(2),
      height: Math.max(tall, 0.2).toFixed(2),
    });
  });
  return s(
    "svg",
    {
      class: "spark-bars spark-bars--tall",
      viewBox: "0 0 100 30.2",
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": `${name}: ${values.length} units, the largest ${short(most)}`,
    },
    s("path", { class: "plot__zero", d: `M0 ${zero}H100` }),
    ...drawn,
  );
}

function asTable(title: string, { shape, values }: Weight): HTMLElement {
  const place = (at: number): string => {
    const parts: number[] = [];
    for (const length of [...shape].reverse()) {
      parts.unshift((at % length) + 1);
      at = Math.floor(at / length);
    }
    return parts.join(", ");
  };
  const head = shape.length === 3 ? "Line, column, map" : shape.length === 2 ? "Step, unit" : "Unit";
  const rows = Array.from(values.subarray(0, ROWS), (value, at) => [place(at), short(value)]);
  const more = values.length > ROWS ? h("p", { class: "small muted" }, `The first ${ROWS} of ${values.length}.`) : null;
  return h("div", {}, table(title, [head, "Value"], rows), more);
}
