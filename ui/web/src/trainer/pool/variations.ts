/** Many networks out of one: which rates, widths and depths are tried. */
import type { Spec } from "../../community/shapes.ts";
import { chance, range } from "../chance.ts";
import { fresh, stages, type Layer } from "../network/layers.ts";
import { Problem } from "../problem.ts";
import type { Halving } from "./shapes.ts";

export type Way = "one" | "grid" | "random";

export interface Ranges {
  way: Way;
  rates: number[];
  /** By how much all layers get wider. */
  widths: number[];
  /** How many dense layers there are. */
  depths: number[];
  /** How many are drawn by chance. */
  count: number;
}

export const MOST_JOBS = 64;
const MOST_DENSE = 8;
const MOST_UNITS = 2048;
/** Parts of all epochs after which the worse half stops. */
const RUNGS = [0.25, 0.5];

export function denseOf(layers: Layer[]): number {
  return layers.filter(({ kind }) => kind === "dense").length;
}

/** What is tried unless a person says otherwise: around what is chosen now. */
export function usual({ layers, options: { rate } }: Pick<Spec, "layers" | "options">): Ranges {
  const around = [rate / 3, rate, rate * 3].map((one) => Number(one.toPrecision(1)));
  const dense = denseOf(layers);
  return { way: "one", rates: [around[0], rate, around[2]], widths: [1, 2], depths: [dense, dense + 1], count: 12 };
}

/** Numbers as people write lists of them; a Problem that names the field where one of them is none. */
export function listed(what: string, text: string, least: number, most: number, whole = false): number[] {
  const found = text.split(/[\s,;]+/).filter(Boolean).map(Number);
  const fits = (one: number): boolean => one >= least && one <= most && (!whole || Number.isInteger(one));
  if (found.length && found.every(fits)) return [...new Set(found)];
  throw new Problem(
    `${what} takes ${whole ? "whole " : ""}numbers from ${least} to ${most}, with commas between them.`,
    `Write for example ${least < 0.01 && !whole ? "0.01, 0.03" : "1, 2"}.`,
  );
}

export const LIMITS = {
  rates: ["Learning rates", 0.000001, 10, false],
  widths: ["Widths", 0.1, 8, false],
  depths: ["Dense layers", 0, MOST_DENSE, true],
} as const;

/** The specs that are to be trained; a Problem where they are too many, or one does not fit. */
export function variations(spec: Spec, ranges: Ranges): Spec[] {
  if (ranges.way === "one") return [spec];
  const made = ranges.way === "grid" ? grid(spec, ranges) : drawn(spec, ranges);
  const found = [...new Map(made.map((one) => [JSON.stringify([one.options.rate, one.layers]), one])).values()];
  if (found.length > MOST_JOBS)
    throw new Problem(
      `These are ${found.length} networks, and the pool takes ${MOST_JOBS} at once.`,
      "Name fewer rates, widths or depths, or draw some by chance.",
    );
  for (const one of found) stages(one.layers, one.shape, one.output, one.words);
  return found;
}

function grid(spec: Spec, { rates, widths, depths }: Ranges): Spec[] {
  return depths.flatMap((depth) =>
    widths.flatMap((width) => rates.map((rate) => varied(spec, rate, width, depth))),
  );
}

/** Drawn between the least and the most of each, rates and widths by their ratio; the same seed draws the same. */
function drawn(spec: Spec, { rates, widths, depths, count }: Ranges): Spec[] {
  if (!(Number.isInteger(count) && count >= 1 && count <= MOST_JOBS))
    throw new Problem(`The number of networks has to be from 1 to ${MOST_JOBS}.`, "12 are a good beginning.");
  const next = chance(spec.seed);
  const between = (all: number[]): number => {
    const [low, high] = [Math.min(...all), Math.max(...all)];
    return low * (high / low) ** next();
  };
  const depth = (): number => {
    const [low, high] = [Math.min(...depths), Math.max(...depths)];
    return low + Math.floor(next() * (high - low + 1));
  };
  return range(count).map(() => varied(spec, Number(between(rates).toPrecision(3)), between(widths), depth()));
}

function varied(spec: Spec, rate: number, width: number, depth: number): Spec {
  const layers = deep(spec.layers, depth).map((layer) => wide(layer, width));
  return { ...spec, layers, options: { ...spec.options, rate } };
}

/** With so many dense layers: the last ones go, or the last one stands there again. */
function deep(layers: Layer[], depth: number): Layer[] {
  const dense = layers.filter(({ kind }) => kind === "dense");
  const others = layers.filter(({ kind }) => kind !== "dense");
  const more = dense.at(-1) ?? fresh("dense");
  return [...others, ...range(depth).map((index) => structuredClone(dense[index] ?? more))];
}

/** What is looked up for a word stays as it is. */
function wide(layer: Layer, width: number): Layer {
  const by = (size: number): number => Math.min(MOST_UNITS, Math.max(1, Math.round(size * width)));
  if (layer.kind === "dense" || layer.kind === "recurrent") return { ...layer, units: by(layer.units) };
  return layer.kind === "convolution" ? { ...layer, filters: by(layer.filters) } : layer;
}

/** After which epochs the worse half stops; null where that would stop nothing. */
export function halvingOf(epochs: number, jobs: number): Halving | null {
  const rungs = [...new Set(RUNGS.map((part) => Math.round(epochs * part)))].filter((rung) => rung >= 1 && rung < epochs);
  return rungs.length && jobs >= 4 ? { rungs, keep: 0.5 } : null;
}
