/** Writes notebooks of several projects, with the numbers that the browser would train on, for tests in Python. */
import { readFileSync } from "node:fs";

import { guess } from "../src/trainer/data/columns.ts";
import { read, type Table } from "../src/trainer/data/csv.ts";
import type { Layout } from "../src/trainer/data/layouts.ts";
import { preparePictures, type Pictures } from "../src/trainer/data/pictures.ts";
import { prepare, type Part } from "../src/trainer/data/prepared.ts";
import { READING, sizeOf, type Reading } from "../src/trainer/data/vocabulary.ts";
import { SHARES } from "../src/trainer/data/split.ts";
import { goal, propose } from "../src/trainer/data/target.ts";
import { notebook, type Given } from "../src/trainer/notebook/notebook.ts";
import { batchFor, OPTIONS } from "../src/trainer/network/options.ts";
import { outcome } from "../src/trainer/score/outcome.ts";
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
  reading?: Reading;
}

const [library, ...chosen] = process.argv.slice(2);
const encoder = new TextEncoder();
const odd = [...Array(60).keys()].map(
  (row) => `${row % 7 ? `1.${100 + row},${row % 10}` : "?"};${row % 3 ? "“a”" : 'say ""b""'.replaceAll('"', "")};${row * 3 + 0.5}%;x${row % 2}`,
);
const drawn = [...Array(100_050).keys()].map((row) => `${(row * 7919) % 10_007},${row % 2 ? "odd" : "even"}`);
// Scripts, quotes, marks that stand by themselves, words that are equally frequent, and nothing at all.
const SAID = [
  "Don’t panic: it's FINE_really, 3.5 kg",
  "cafe\u0301 für ΟΔΟΣ İstanbul ｆｕｌｌ",
  "हिन्दी में लिखा है और ठीक है",
  "我很喜欢这个，テスト！ สวัสดี ok",
  "\"quoted, “twice” and 'thrice' ²½Ⅳ\"",
  "𠮷野家 𝒳 😀 👍🏽 नमस्ते שָׁלוֹם",
  "…",
];
const spoken = [...Array(90).keys()].map((row) => {
  const said = `${SAID[row % SAID.length].replaceAll('"', "")} ${row % 5 ? `again ${row % 11}` : ""}${row % 9 ? "" : " and so on and on".repeat(9)}`;
  return `"${said}",${row % 2 ? "odd" : "even"}`;
});
const marked = spoken.map((line, row) => line.replace(/,(odd|even)$/, `,${(row * 13) % 47}.5`));
const WISHES: Wish[] = [
  { name: "iris", file: "iris" },
  { name: "penguins", file: "penguins", seed: 7 },
  { name: "moons", file: "two-moons" },
  { name: "digits", file: "digits" },
  { name: "wine", file: "wine", layout: "series", scaling: "range" },
  { name: "own", text: `size;kind;share;side\n${odd.join("\n")}\nlong;row;7%;x1;more\n`, target: "share", seed: 3 },
  { name: "drawn", text: `value,kind\n${drawn.join("\n")}\n`, file: "many" },
  { name: "reviews", file: "reviews", layout: "text" },
  { name: "messages", text: `said,kind\n${spoken.join("\n")}\n`, layout: "text", seed: 4 },
  { name: "marks", text: `said,stars\n${marked.join("\n")}\n`, file: "marks", layout: "text", target: "stars", reading: { words: 40, length: 6 } },
];

function course({ shape, text }: Given["prepared"]): Pick<Given, "layers" | "course"> {
  const [, preset] = presets(shape, text !== null);
  return { layers: preset.layers, course: { epochs: preset.epochs, best: true, weighed: shape.length === 1 } };
}

function columns(table: Table, wish: Wish): Given {
  const found = guess(table).map((column) => ({ ...column, scaling: wish.scaling ?? column.scaling }));
  const target = found.find((column) => column.name === wish.target) ?? propose(found)!;
  const layout = wish.layout ?? (wish.file === "digits" ? "picture" : "columns");
  const used = found.filter((column) => column !== target && column.kind !== "unused");
  const features = used.filter((column) => (column.kind === "text") === (layout === "text"));
  const reading = wish.reading ?? READING;
  const seed = wish.seed ?? 1;
  const prepared = prepare(table, goal(table, target), features, layout, SHARES, seed, {}, reading);
  const source = wish.file
    ? { dataset: `library/${wish.file}`, version: 1, path: `${wish.file}.csv`, address: `data/x/${wish.file}.csv` }
    : null;
  return { ...given(prepared, seed), title: wish.name, table, pictures: null, source, target, features, layout, reading };
}

function given(prepared: Given["prepared"], seed: number): Omit<Given, "title" | "table" | "pictures" | "source" | "target" | "features" | "layout" | "reading"> {
  const classes = prepared.task === "classes";
  const { layers, course: way } = course(prepared);
  return {
    layers,
    course: { ...way, weighed: way.weighed && classes },
    seed,
    site: "http://127.0.0.1:1/",
    shares: SHARES,
    shape: prepared.shape,
    words: prepared.text ? sizeOf(prepared.text) : 0,
    output: classes ? { units: prepared.classes.length, activation: "softmax" } : { units: 1, activation: "linear" },
    options: { ...OPTIONS, batch: batchFor(prepared.train.rows.length) },
    prepared,
    result: { task: prepared.task, target: prepared.target, validation: 0.95, test: 0.95 },
    // As if all were right.
    held: { part: "test", found: outcome(prepared, prepared.test, prepared.test.y) },
  };
}

function pictures(): Given {
  const found: Pictures = { shape: [16, 16, 1], pixels: [], labels: [] };
  for (let one = 0; one < 24; one++) {
    found.pixels.push(Float32Array.from({ length: 256 }, (_, at) => ((at * (one + 3)) % 256) / 255));
    found.labels.push(one % 2 ? "naïve ☃" : 'a "quoted" \\ one');
  }
  const prepared = preparePictures(found, SHARES, 5);
  const own = { table: null, pictures: found, source: null, target: null, features: [], layout: "columns" as const, reading: READING };
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
