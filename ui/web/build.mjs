// Bundles the scripts of the pages, and of rendered notebooks under names that carry a hash of their content.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { fonts } from "./fonts.mjs";
import { forNode } from "./node.mjs";

const OUT = "../../mlabs_ext/service/static/build";
const RENDER = join(OUT, "render");
const WORKERS = join(OUT, "workers");
const shared = { bundle: true, minify: true, target: "es2022", legalComments: "none", logLevel: "warning" };

// The folders of the packages whose work is in what is built here; these three are not imported by a script.
const bundled = new Set(["temml", "plotly.js-dist-min", "@fontsource/stix-two-math"].map((name) => `node_modules/${name}`));

/** Bundles, and remembers whose work went into it, for the licenses. */
async function bundle(options) {
  const result = await build({ ...shared, ...options, metafile: true });
  for (const path of Object.keys(result.metafile.inputs)) {
    const found = path.match(/^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//);
    // What a package asks for and browsers lack is left out, and named so.
    if (found && !found[2].startsWith(".") && !path.startsWith("(")) bundled.add(found[1]);
  }
  return result;
}

/** Bundles one entry point; the name of the file that it became. */
async function hashed(entry, options = {}) {
  const result = await bundle({
    entryPoints: [entry],
    outdir: RENDER,
    entryNames: "[name]-[hash]",
    format: "iife",
    ...options,
  });
  return Object.keys(result.metafile.outputs).map((path) => basename(path)).filter((name) => /\.(js|css)$/.test(name));
}

/** Copies a file that is bundled already. */
async function copied(from, name) {
  const hash = createHash("sha256").update(await readFile(from)).digest("hex").slice(0, 8);
  await copyFile(from, join(RENDER, `${name}-${hash}.js`));
  return `${name}-${hash}.js`;
}

/** What a package says of itself. */
const about = async (folder) => JSON.parse(await readFile(join(folder, "package.json"), "utf8"));

/** The text of a package's license; of packages that bring none, those in `licenses/` that they name. */
async function license(folder) {
  const file = (await readdir(folder)).find((candidate) => /^(licen[cs]e|copying)/i.test(candidate));
  if (file) return readFile(join(folder, file), "utf8");
  const { author, license, repository } = await about(folder);
  const texts = license.split(" AND ").map((one) => readFile(join("licenses", `${one}.txt`), "utf8"));
  const by = author?.name ?? author ?? `The authors of ${repository?.url ?? repository}`;
  return [`${license}, copyright ${by}`, ...(await Promise.all(texts))].join("\n\n");
}

/** Writes the licenses of everything that was bundled, as each asks for, and the list of it, for `release/sbom.py`. */
async function account() {
  const known = new Map();
  for (const folder of [...bundled].sort()) {
    const { name, version, license, licenses } = await about(folder);
    // As packages said it long ago.
    known.set(`${name}@${version}`, { folder, name, version, license: license ?? licenses.map(({ type }) => type).join(" OR ") });
  }
  const found = [...known.keys()].sort().map((key) => known.get(key));
  const parts = [];
  for (const { folder, name } of found) parts.push(`${name}\n\n${await license(folder)}`);
  await writeFile(join(RENDER, "LICENSES.txt"), parts.join(`\n${"-".repeat(80)}\n\n`));
  const packages = found.map(({ name, version, license }) => ({ name, version, license }));
  await writeFile(join(OUT, "packages.json"), JSON.stringify(packages, null, 1));
}

await fonts();
await rm(OUT, { recursive: true, force: true });
await mkdir(RENDER, { recursive: true });

const pages = (await readdir("src/pages")).filter((name) => name.endsWith(".ts"));
await bundle({
  entryPoints: pages.map((name) => join("src/pages", name)),
  outdir: OUT,
  format: "iife",
});

await bundle({
  entryPoints: { trainer: "src/trainer/trainer.ts", offline: "src/trainer/offline/worker.ts" },
  outdir: OUT,
  format: "iife",
});

// The worker's own parts come when they are needed, so they are modules of their own.
await bundle({
  entryPoints: {
    trainer: "src/trainer/worker/worker.ts",
    reader: "src/trainer/worker/reader.ts",
    community: "src/community/tab.ts",
  },
  outdir: WORKERS,
  format: "esm",
  splitting: true,
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".wasm": "file" },
});

await bundle({
  entryPoints: ["src/render/math.mjs"],
  outfile: join(OUT, "node", "math.mjs"),
  platform: "node",
  format: "esm",
});

await bundle({
  ...forNode,
  entryPoints: { check: "src/models/check.mjs", referee: "src/community/referee.ts", volunteer: "src/community/volunteer.ts" },
  outdir: join(OUT, "node"),
  outExtension: { ".js": ".mjs" },
});

// What a page with a model in it loads, from wherever it is: the names stay.
for (const [entry, name] of [["layers.mjs", "layers.js"], ["tf.ts", "tf.js"]]) {
  const entryPoints = [join("src/models", entry)];
  await bundle({ entryPoints, outfile: join(OUT, name), format: "iife" });
}

const viewers = {
  plotly: [await copied("node_modules/plotly.js-dist-min/plotly.min.js", "plotly")],
  vega: await hashed("src/render/vega.ts"),
  widgets: await hashed("src/render/widgets.ts", {
    loader: { ".css": "css", ".woff2": "file", ".svg": "empty", ".woff": "empty", ".ttf": "empty", ".eot": "empty" },
    assetNames: "[name]-[hash]",
    define: { global: "window", "process.env": "{}" },
    banner: { js: 'var __webpack_public_path__ = "";' },
  }),
};
const [script] = await hashed("src/render/render.ts");
const [lively] = await hashed("src/render/viewers.ts", { define: { VIEWERS: JSON.stringify(viewers) } });
const [live] = await hashed("src/render/live.ts", { define: { VIEWERS: JSON.stringify(viewers) } });
const worker = await bundle({
  entryPoints: ["src/render/here/worker.ts"],
  format: "iife",
  loader: { ".py": "text" },
  write: false,
});
const [here] = await hashed("src/render/here.ts", {
  define: { VIEWERS: JSON.stringify(viewers), WORKER: JSON.stringify(worker.outputFiles[0].text) },
});
const trier = await bundle({ entryPoints: ["src/render/trial/worker.ts"], format: "iife", write: false });
const [tensors] = await hashed("src/render/trial/tf.ts");
const [trial] = await hashed("src/render/trial.ts", {
  define: { TF: JSON.stringify(tensors), WORKER: JSON.stringify(trier.outputFiles[0].text) },
});
const [trialStyle] = await hashed("src/render/trial.css");
const [style] = await hashed("src/render/render.css");
const [terminal] = await hashed("src/render/terminal.css");
const [liveStyle] = await hashed("src/render/live.css");
const [hereStyle] = await hashed("src/render/here.css");
const [math] = await hashed("src/render/math.css", { loader: { ".woff2": "file" }, assetNames: "[name]-[hash]" });
const [chosen] = await hashed("src/render/copied.ts");
const trials = [tensors, trial, trialStyle];
const parts = (await readdir(RENDER)).filter((name) => /\.(js|css)$/.test(name) && !trials.includes(name)).sort();
const files = {
  "render.css": style,
  "render.js": script,
  "math.css": math,
  "terminal.css": terminal,
  "viewers.js": lively,
  "live.css": liveStyle,
  "live.js": live,
  "here.css": hereStyle,
  "here.js": here,
  "trial.css": trialStyle,
  "trial.js": trial,
  "copied.js": chosen,
};
await writeFile(join(RENDER, "manifest.json"), JSON.stringify(files));
await writeFile(join(RENDER, "viewers.json"), JSON.stringify(viewers));
await account();
// What an export takes along.
await writeFile(join(RENDER, "files.json"), JSON.stringify([...parts, "LICENSES.txt"]));
