/** What would make the data fit a model, as far as it can be done for a person. */
import { largest } from "../score/classes.ts";
import type { Column } from "../data/columns.ts";
import { layouts } from "../data/layouts.ts";
import type { Pictures } from "../data/pictures.ts";
import type { Prepared } from "../data/prepared.ts";
import { size, type Shape } from "../network/layers.ts";
import type { Project } from "../project.ts";
import { GENTLE, type Given } from "./about.ts";
import { concrete, foreign, outputProblem } from "./fit.ts";
import { resizedAll, type Frame } from "./resize.ts";

export interface Mend {
  label: string;
  apply(): void;
}

/** The frame that a model takes pictures in; null where it takes none. */
export function frame(input: Shape, now: number[]): Frame | null {
  if (input.length === 3) return [input[0] ?? now[0], input[1] ?? now[1], input[2] ?? now[2]];
  if (input.some((length) => length === null)) return null;
  const pixels = size(input as number[]);
  for (const channels of [1, 3]) {
    const side = Math.sqrt(pixels / channels);
    if (Number.isInteger(side) && side >= 4) return [side, side, channels];
  }
  return null;
}

/** The examples of a table that was looked at as pictures, as pictures. */
export function pictured(prepared: Prepared): Pictures {
  const parts = [prepared.train, prepared.validation, prepared.test];
  const cut = ({ x, rows }: Prepared["train"]): Float32Array[] =>
    rows.map((_, at) => x.slice(at * prepared.width, (at + 1) * prepared.width));
  return {
    shape: prepared.shape as Frame,
    pixels: parts.flatMap(cut),
    labels: parts.flatMap(({ y }) => largest(y, prepared.classes.length).map((kind) => prepared.classes[kind])),
  };
}

function picture(project: Project, prepared: Prepared, input: Shape): Mend[] {
  const to = frame(input, prepared.shape);
  if (!to || (!project.pictures && prepared.task !== "classes")) return [];
  const label = `Make the pictures ${to[0]} × ${to[1]}, ${to[2] === 1 ? "gray" : "in color"}`;
  return [
    { label, apply: () => project.takePictures(project.name, resizedAll(project.pictures ?? pictured(prepared), to)) },
  ];
}

/** Uses these columns and no others. */
function only(project: Project, kept: Column[]): () => void {
  return () =>
    project.choose(() => {
      for (const column of project.columns)
        if (column !== project.target && !kept.includes(column)) column.kind = "unused";
    });
}

function listed(columns: Column[]): string {
  const names = columns.map(({ name }) => name);
  return names.length > 6 ? `${names.slice(0, 5).join(", ")} … ${names.at(-1)}` : names.join(", ");
}

function columns(project: Project, { about }: Given): Mend[] {
  const { table, features } = project;
  if (!table) return [];
  const layout = layouts(table, project.used).includes("picture") && about.input.length === 3;
  if (layout && project.layout !== "picture")
    return [
      {
        label: "Look at the columns as the pixels of a picture",
        apply: () => project.choose(() => (project.layout = "picture")),
      },
    ];
  const wanted = about.input.some((length) => length === null) ? 0 : size(about.input as number[]);
  const numbers = features.filter((column) => column.kind === "number");
  if (wanted < 1 || numbers.length < wanted || features.length === wanted) return [];
  const kept = numbers.slice(0, wanted);
  return [{ label: `Use these ${wanted} columns: ${listed(kept)}`, apply: only(project, kept) }];
}

/** The columns that the trainer itself wrote into the model, where this table has all of them. */
function known(project: Project, { meta }: Given): Mend[] {
  const kept = (meta?.columns ?? []).map(({ name }) => project.columns.find((column) => column.name === name));
  if (!kept.length || kept.some((column) => !column || column === project.target)) return [];
  const wanted = kept as Column[];
  if (wanted.length === project.features.length && wanted.every((one) => one.kind !== "unused")) return [];
  const apply = (): void =>
    project.choose(() => {
      project.layout = "columns";
      for (const column of project.columns) {
        const about = meta?.columns.find(({ name }) => name === column.name);
        if (column !== project.target) column.kind = !about ? "unused" : about.kinds ? "category" : "number";
      }
    });
  return [{ label: `Use the columns that it was trained on: ${listed(wanted)}`, apply }];
}

/** The column of texts that a model was trained on, or the one that there is. */
function textual(project: Project, { meta }: Given): Mend[] {
  const texts = project.used.filter(({ kind }) => kind === "text");
  const column = texts.find(({ name }) => name === meta?.text?.name) ?? texts[0];
  if (!meta?.text || !column) return [];
  return [
    {
      label: `Read the words of “${column.name}”`,
      apply: () => project.choose(() => (project.layout = "text")),
    },
  ];
}

function raw(project: Project, { about }: Given): Mend[] {
  const scaled = project.table && project.features.some((column) => column.scaling !== "none");
  if (!about.looksUp || !scaled || project.layout === "text") return [];
  return [
    {
      label: "Use the numbers as they are: this model looks them up",
      apply: () => project.choose(() => project.features.forEach((column) => (column.scaling = "none"))),
    },
  ];
}

/** All that can be done for a person, for what does not fit. */
export function mends(project: Project, given: Given, prepared: Prepared): Mend[] {
  if (foreign(given, prepared)) return textual(project, given);
  if (!concrete(given.about.input, prepared.shape)) {
    const named = known(project, given);
    if (named.length) return named;
    return prepared.shape.length === 3 ? picture(project, prepared, given.about.input) : columns(project, given);
  }
  if (outputProblem(given, prepared) && given.about.replaceable)
    return [
      {
        label: "Fine-tune it with a new last layer",
        apply: () => {
          project.tune({ rate: GENTLE });
          project.plan({ fresh: true, tune: true });
        },
      },
    ];
  return raw(project, given);
}
