/** A project as a lab keeps it: what was chosen, as JSON; data by their name, or held by the notebook. */
import { KINDS, SCALINGS, type Column, type Kind, type Scaling } from "../data/columns.ts";
import { LAYOUTS, type Layout } from "../data/layouts.ts";
import type { Shares } from "../data/split.ts";
import type { Task } from "../data/target.ts";
import { bounded, READING, type Reading } from "../data/vocabulary.ts";
import type { Layer } from "../network/layers.ts";
import type { Options } from "../network/options.ts";
import { Problem } from "../problem.ts";
import type { Project } from "../project.ts";
import type { Run } from "../run.ts";
import { layerOf, likeOf, oneOf, shape, texts, type Given } from "./checks.ts";

export const FORMAT = 1;

export type Data =
  | { kind: "dataset"; dataset: string; version: number; path: string }
  | { kind: "table"; name: string }
  | { kind: "pictures"; name: string; shape: [number, number, number]; labels: string[] };

/** What was chosen of one column. */
export interface Choice {
  name: string;
  kind: Kind;
  scaling: Scaling;
}

export interface Settings {
  format: typeof FORMAT;
  data: Data;
  /** Empty for pictures, which are their class. */
  columns: Choice[];
  target: string | null;
  task: Task | null;
  layout: Layout;
  /** Of a text alone. */
  reading?: Reading;
  shares: Shares;
  seed: number;
  layers: Layer[];
  options: Options;
}

/** What there is of a project that can be kept; network and options are those of `run` where there is one. */
export function settingsOf(project: Project, run?: Run): Settings {
  const { columns, target, goal, layout, reading, shares, seed } = project;
  const { layers, options } = run?.job ?? project;
  return {
    format: FORMAT,
    data: dataOf(project),
    columns: columns.map(({ name, kind, scaling }) => ({ name, kind, scaling })),
    target: target?.name ?? null,
    task: goal?.task ?? null,
    layout,
    ...(layout === "text" ? { reading } : {}),
    shares,
    seed,
    layers,
    options,
  };
}

function dataOf({ source, pictures, name }: Project): Data {
  if (source) return { kind: "dataset", dataset: source.dataset, version: source.version, path: source.path };
  if (pictures) return { kind: "pictures", name, shape: pictures.shape, labels: pictures.labels };
  return { kind: "table", name };
}

/** Settings out of somebody's notebook, who may have written anything there. */
export function checked(found: unknown): Settings {
  const given = found as Given;
  if (!given || typeof given !== "object" || given.format !== FORMAT || !Array.isArray(given.columns))
    throw new Problem(
      "This lab does not hold a project that the trainer here can open.",
      "Choose the data in step 1, and set the rest yourself.",
    );
  return {
    format: FORMAT,
    data: data(given.data as Given),
    columns: given.columns.map((one: Given) => ({
      name: String(one?.name),
      kind: oneOf(KINDS, one?.kind),
      scaling: oneOf(SCALINGS, one?.scaling),
    })),
    target: given.target === null ? null : String(given.target),
    task: given.task === null ? null : oneOf<Task>(["classes", "number"], given.task),
    layout: oneOf(LAYOUTS, given.layout),
    ...(given.layout === "text" ? { reading: bounded(likeOf(READING, given.reading)) } : {}),
    shares: likeOf({ train: 0.6, validation: 0.2, test: 0.2 }, given.shares),
    seed: likeOf({ seed: 1 }, given).seed,
    layers: (Array.isArray(given.layers) ? given.layers : []).slice(0, 20).map(layerOf),
    options: options(given.options),
  };
}

function options(given: unknown): Options {
  const usual: Options = { optimiser: "adam", rate: 0.01, batch: 16, epochs: 60, patience: 15, weighed: false };
  const found = likeOf(usual, given);
  return { ...found, optimiser: oneOf(["adam", "sgd", "momentum", "rmsprop"], found.optimiser) };
}

function data(given: Given): Data {
  const kind = oneOf(["dataset", "table", "pictures"], given?.kind);
  if (kind === "dataset") return { kind, ...likeOf({ dataset: "", version: 1, path: "" }, given) };
  const { name } = likeOf({ name: "" }, given);
  if (kind === "table") return { kind, name };
  return { kind, name, shape: shape(given.shape), labels: texts(given.labels) };
}

/** What was chosen of columns, where the data still have them. */
export function chosen(columns: Column[], choices: Choice[]): Column[] {
  const by = new Map(choices.map((choice) => [choice.name, choice]));
  return columns.map((column) => {
    const choice = by.get(column.name);
    return choice ? { ...column, kind: choice.kind, scaling: choice.scaling } : column;
  });
}
