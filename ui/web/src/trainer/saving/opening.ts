/** Opens a project again that was kept: in a lab, or in this tab while its person went to sign in. */
import type { Column } from "../data/columns.ts";
import { parse } from "../data/csv.ts";
import { READING } from "../data/vocabulary.ts";
import type { Cell } from "../notebook/cells.ts";
import { heldPictures, heldTable, ownPictures, ownTable } from "../notebook/reading.ts";
import type { Project } from "../project.ts";
import { segments, type Site } from "../site.ts";
import type { DataStep, Still } from "../view/data.ts";
import { addressOf } from "../view/datasets.ts";
import { placeOf, type Place } from "./lab.ts";
import { checked, chosen, settingsOf, type Settings } from "./settings.ts";

/** A project apart from its page: the cells are those that hold data. */
export interface Kept {
  settings: Settings;
  cells: Cell[];
}

interface Found {
  owner: string;
  name: string;
  title: string;
  version: number;
  visibility: Place["visibility"];
}

/** The project of a lab, and the lab. */
export async function ofLab(site: Site, lab: string): Promise<{ kept: Kept; place: Place }> {
  const path = `api/v1/labs/${segments(lab)}`;
  const found = await site.json<Found>(path);
  const notebook = await site.json<{ metadata?: { mlabs?: { trainer?: unknown } }; cells?: Cell[] }>(
    `${path}/versions/latest/notebook`,
  );
  const settings = checked(notebook.metadata?.mlabs?.trainer);
  // Runs of a lab are its owner's alone: who may edit somebody else's saves a fork as well.
  return { kept: { settings, cells: notebook.cells ?? [] }, place: placeOf(found, found.owner === site.user) };
}

export async function keptOf(project: Project): Promise<Kept> {
  const { source, table, pictures } = project;
  const own = pictures ? await ownPictures(pictures) : table && !source ? ownTable(table) : [];
  return { settings: settingsOf(project), cells: own };
}

/** Sets everything as it was, while `still` nothing else was chosen. */
export async function open(project: Project, step: DataStep, { settings, cells }: Kept, still: Still): Promise<void> {
  const { data } = settings;
  if (data.kind === "dataset") await step.dataset({ ...data, address: addressOf(data) }, 0, still);
  else if (data.kind === "table") project.takeTable(data.name, parse(heldTable(cells), ","));
  else {
    const pictures = await heldPictures(cells, data.shape, data.labels);
    still();
    project.takePictures(data.name, pictures);
  }
  const columns = chosen(project.columns, settings.columns);
  const text = columns.find(({ kind }) => kind === "text");
  if (text && settings.layout === "text") await project.read(text);
  still();
  choose(project, columns, settings);
}

function choose(project: Project, columns: Column[], settings: Settings): void {
  const { target, task, layout, reading = READING, shares, seed, layers, options } = settings;
  project.choose(() => {
    project.columns = columns;
    project.target = project.columns.find(({ name }) => name === target) ?? project.columns.at(-1) ?? null;
    Object.assign(project, { task, layout, reading, shares, seed });
  });
  project.tune(options);
  project.build(layers);
}
