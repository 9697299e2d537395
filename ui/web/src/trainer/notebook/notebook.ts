/** Writes a project of the trainer as a notebook that somebody can read, run and go on from. */
import type { Column } from "../data/columns.ts";
import type { Table } from "../data/csv.ts";
import type { Layout } from "../data/layouts.ts";
import type { Pictures } from "../data/pictures.ts";
import type { Prepared } from "../data/prepared.ts";
import type { Source } from "../data/source.ts";
import type { Shares } from "../data/split.ts";
import type { Reading } from "../data/vocabulary.ts";
import { RULE } from "../data/words.ts";
import { words, type Cell, type Notebook } from "./cells.ts";
import { inputs, numbers, pixels } from "./inputs.ts";
import { curves, network, training, type Built, type Course } from "./network.ts";
import { fromDataset, ownPictures, ownTable } from "./reading.ts";
import { evaluation, inWords, type Result } from "./result.ts";
import { chanceOf, splitting } from "./splitting.ts";
import { summary, type Held } from "./summary.ts";
import { own, WORDS } from "./texts.ts";

export interface Given extends Built {
  title: string;
  /** The address of the site, up to where `Source.address` begins. */
  site: string;
  table: Table | null;
  pictures: Pictures | null;
  source: Source | null;
  target: Column | null;
  features: Column[];
  layout: Layout;
  reading: Reading;
  shares: Shares;
  prepared: Prepared;
  course: Course;
  result: Result;
  held: Held;
}

export async function notebook(given: Given, project: unknown): Promise<Notebook> {
  const data = given.source ? [`${given.source.dataset}@${given.source.version}`] : [];
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { display_name: "Python 3", language: "python", name: "python3" },
      language_info: { name: "python" },
      mlabs: { environment: "tensorflow", accelerator: "none", ...(data.length ? { data } : {}), trainer: project },
    },
    cells: await cells(given),
  };
}

async function cells(given: Given): Promise<Cell[]> {
  const { prepared, table, source } = given;
  const chance = chanceOf(given.seed);
  // The rows of a large table were drawn by chance.
  const early = source !== null && table !== null && table.total > table.rows.length;
  return [
    words("title", opening(given)),
    words("summary", summary({ ...given, data: inOneLine(given) })),
    words("about-data", `## Data\n\n${ofData(given)}`),
    ...(early ? [chance] : []),
    ...(await data(given)),
    words("about-split", SPLIT),
    ...(early ? [] : [chance]),
    ...reading(given),
    splitting({ ...prepared, shares: given.shares, table: table !== null }),
    words("about-inputs", `## Inputs\n\n${ofInputs(given)}`),
    ...(prepared.text ? [WORDS] : []),
    table ? inputs(given) : pixels(prepared),
    words("about-network", NETWORK),
    network(given),
    words("about-training", "## Training"),
    training(given, given.course),
    curves(prepared.task === "number"),
    words("about-result", `## Result\n\n${inWords(given.result, counts(prepared))}`),
    evaluation(given.result),
    ...(prepared.text ? [own(prepared, example(given))] : []),
  ];
}

/** A cell that reads numbers, where columns are numbers to be read. */
function reading({ table, target, features, prepared }: Given): Cell[] {
  if (!table || !target || (prepared.text && prepared.task === "classes")) return [];
  return [numbers(table, read(target, features))];
}

/** The text of the first row for the test, as far as it is no longer than a line or two. */
function example({ table, prepared }: Given): string {
  const cell = table?.rows[prepared.test.rows[0]]?.[prepared.text?.index ?? 0] ?? "";
  return cell.replaceAll(/\s+/g, " ").slice(0, 200);
}

function opening({ title, prepared }: Given): string {
  const what = prepared.task === "classes" ? `tells ${prepared.classes.length} classes apart` : "predicts a number";
  return `# ${title}

A network that ${what}: **${prepared.target}**. It was built and trained without code, in the trainer of MLabs, and is
written here with Keras: the same data, the same rows for training, validation and test, the same inputs, network and
way of training.`;
}

const SPLIT = `## Split

Which rows are for training, for validation and for the test follows from the seed alone: these are the very rows that
they were in the browser.`;

const NETWORK = `## Network

The seed decides the first weights here too, but Keras draws other numbers from it than TensorFlow.js does: the curves
differ a little from those in the browser, and the result comes out alike.`;

async function data({ table, pictures, source, site }: Given): Promise<Cell[]> {
  if (pictures) return ownPictures(pictures);
  if (table && source) return fromDataset(table, source, site);
  return table ? ownTable(table) : [];
}

function ofData({ source, site, pictures }: Given): string {
  if (!source) return `${pictures ? "The pictures are" : "The table is"} in this notebook, in a cell that is folded.`;
  const [owner, name] = source.dataset.split("/");
  return `[${source.dataset}](${site}@${owner}/datasets/${name}), version ${source.version}.`;
}

/** The same with how much there is of it. */
function inOneLine(given: Given): string {
  const { train, validation, test } = given.prepared;
  const rows = [train, validation, test].map((part) => part.rows.length.toLocaleString("en"));
  return `${ofData(given)} ${rows[0]} ${given.pictures ? "pictures" : "rows"} to learn from, ${rows[1]} for validation, ${rows[2]} for the test`;
}

function ofInputs({ layout, pictures, prepared }: Given): string {
  if (pictures) return "Pixels are from 0 to 1.";
  if (prepared.text)
    return `${RULE} Which words are known, and how many of each text are read, is learned from the training rows alone.`;
  if (layout === "picture") return `The columns are the pixels of a picture of ${prepared.shape.join(" × ")}.`;
  if (layout === "series") return "The columns are steps one after the other.";
  return "What is learned from the data here, such as means, is learned from the training rows alone.";
}

function counts(prepared: Prepared): { validation: number; test: number } {
  return { validation: prepared.validation.rows.length, test: prepared.test.rows.length };
}

/** The columns whose cells are read as numbers. */
function read(target: Column, features: Column[]): Column[] {
  return [target, ...features].filter((column) => column.kind === "number");
}
