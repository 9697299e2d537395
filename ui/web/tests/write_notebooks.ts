/** Writes notebooks of several projects, with the numbers that the browser would train on, for tests in Python. */
import { readFileSync } from "node:fs";

import { guess } from "../src/trainer/data/columns.ts";
import { read, type Table } from "../src/trainer/data/csv.ts";
import { prepare, preparePictures, type Layout, type Part, type Pictures } from "../src/trainer/data/prepared.ts";
import { SHARES } from "../src/trainer/data/split.ts";
import { goal, propose } from "../src/trainer/data/target.ts";
import { notebook, type Given } from "../src/trainer/notebook/notebook.ts";
import { batchFor, OPTIONS } from "../src/trainer/network/options.ts";
import { presets } from "../src/trainer/network/presets.ts";

interface Wish {
  name: string;
  /** A file that is a dataset of the site, or the bytes of one's own. */
  file?: string;
  text?: string;
  target?: string;
  layout?: Layout;
  seed?: number;
  scaling?: "standard" | "range" | "none";
}

const [library, ...chosen] = process.argv.slice(2);
const encoder = new TextEncoder();
const odd = [...Array(60).keys()].map(
  (row) => `${row % 7 ? `1.${100 + row},${row % 10}` : "?"};${row % 3 ? "“a”" : 'say ""b""'.replaceAll('"', "")};${row * 3 + 0.5}%;x${row % 2}`,
);
const drawn = [...Array(100_050).keys()].map((row) => `${(row * 7919) % 10_007},${row % 2 ? "odd" : "even"}`);
const WISHES: Wish[] = [
  { name: "iris", file: "iris" },
  { name: "penguins", file: "penguins", seed: 7 },
  { name: "moons", file: "two-moons" },
  { name: "digits", file: "digits" },
  { name: "wine", file: "wine", layout: "series", scaling: "range" },
  { name: "own", text: `size;kind;share;side\n${odd.join("\n")}\nlong;row;7%;x1;more\n`, target: "share", seed: 3 },
  { name: "drawn", text: `value,kind\n${drawn.join("\n")}\n`, file: "many" },
];

function course(shape: number[]): Pick<Given, "layers" | "course"> {
  const [, preset] = presets(shape);
  return { layers: preset.layers, course: { epochs: preset.epochs, best: true, weighed: shape.length === 1 } };
}

function columns(table: Table, wish: Wish): Given {
  const found = guess(table).map((column) => ({ ...column, scaling: wish.scaling ?? column.scaling }));
  const target = found.find((column) => column.name === wish.target) ?? propose(found)!;
  const features = found.filter((column) => column !== target && column.kind !== "unused");
  const layout = wish.layout ?? (wish.file === "digits" ? "picture" : "columns");
  const seed = wish.seed ?? 1;
  const prepared = prepare(table, goal(table, target), features, layout, SHARES, seed);
  const source = wish.file
    ? { dataset: `library/${wish.file}`, version: 1, path: `${wish.file}.csv`, address: `data/x/${wish.file}.csv` }
    : null;
  return { ...given(prepared, seed), title: wish.name, table, pictures: null, source, target, features, layout };
}

function given(prepared: Given["prepared"], seed: number): Omit<Given, "title" | "table" | "pictures" | "source" | "target" | "features" | "layout"> {
  const classes = prepared.task === "classes";
  const { layers, course: way } = course(prepared.shape);
  return {
    layers,
    course: { ...way, weighed: way.weighed && classes },
    seed,
    site: "http://127.0.0.1:1/",
    shares: SHARES,
    shape: prepared.shape,
    output: classes ? { units: prepared.classes.length, activation: "softmax" } : { units: 1, activation: "linear" },
    options: { ...OPTIONS, batch: batchFor(prepared.train.rows.length) },
    prepared,
    result: { task: prepared.task, target: prepared.target, validation: 0.95, test: 0.95 },
  };
}

function pictures(): Given {
  const found: Pictures = { shape: [16, 16, 1], pixels: [], labels: [] };
  for (let one = 0; one < 24; one++) {
    found.pixels.push(Float32Array.from({ length: 256 }, (_, at) => ((at * (one + 3)) % 256) / 255));
    found.labels.push(one % 2 ? "naïve ☃" : 'a "quoted" \\ one');
  }
  const prepared = preparePictures(found, SHARES, 5);
  const own = { table: null, pictures: found, source: null, target: null, features: [], layout: "columns" as const };
  return { ...given(prepared, 5), title: "pictures", ...own };
}

function part({ x, y, rows }: Part): unknown {
  return { rows, x: [...x], y: [...y] };
}

async function written(one: Given): Promise<unknown> {
  const { train, validation, test, shape } = one.prepared;
  const numbers = { train: part(train), validation: part(validation), test: part(test) };
  return { name: one.title, notebook: await notebook(one, {}), shape, ...numbers };
}

function table(wish: Wish): Table {
  return read(wish.text ? encoder.encode(wish.text) : readFileSync(`${library}/${wish.file}/${wish.file}.csv`));
}

const all = WISHES.filter(({ name }) => chosen.includes(name)).map((wish) => columns(table(wish), wish));
if (chosen.includes("pictures")) all.push(pictures());
const texts = Object.fromEntries(WISHES.map(({ name, text }) => [name, text]));
const found = [];
for (const one of all) found.push({ ...((await written(one)) as object), text: texts[one.title] });
process.stdout.write(JSON.stringify(found));
