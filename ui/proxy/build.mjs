// Bundles configurable-http-proxy into one file, so that an installed MLabs needs no node_modules.

import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const upstream = join(here, "node_modules/configurable-http-proxy");
const entry = join(upstream, "bin/configurable-http-proxy");
const outfile = join(here, "../../spawner/proxy/configurable-http-proxy.mjs");

// The bundled CommonJS modules (winston and its kin) call require, which an ES module lacks. And the log may be on
// a disk that is full: upstream logs that it could not log, again and again, and the proxy does nothing else.
const banner = `import { createRequire as mlabsCreateRequire } from "node:module";
const require = mlabsCreateRequire(import.meta.url);
for (const stream of [process.stdout, process.stderr]) {
  const write = stream._write;
  stream._write = function (chunk, encoding, done) {
    write.call(this, chunk, encoding, () => done());
  };
}`;

// Upstream reads its version from a package.json that does not travel with the bundle.
const REQUIRE = "const require = createRequire(import.meta.url);";
const VERSION = 'const pkg = require("../package.json");';
const BEGUN = "var proxy = new ConfigurableProxy(options);";

async function entrySource() {
  const source = await readFile(entry, "utf8");
  const { version } = JSON.parse(await readFile(join(upstream, "package.json"), "utf8"));
  for (const line of [REQUIRE, VERSION, BEGUN]) {
    if (!source.includes(line)) throw new Error(`${entry} no longer holds the line ${line}`);
  }
  return source
    .replace(/^#!.*\n/, "")
    .replace(REQUIRE, "")
    .replace(VERSION, `import { patient } from ${JSON.stringify(join(here, "away.mjs"))};\nconst pkg = ${JSON.stringify({ version })};`)
    .replace(BEGUN, "var proxy = new (patient(ConfigurableProxy))(options);");
}

function packageOf(input) {
  const match = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input);
  return match ? { folder: join(here, match[1]), name: match[2] } : null;
}

const aboutOf = async ({ folder }) => JSON.parse(await readFile(join(folder, "package.json"), "utf8"));

async function licence({ folder, name }) {
  const about = await aboutOf({ folder });
  const file = (await readdir(folder)).find((f) => /^(licen[cs]e|copying)/i.test(f));
  const text = file ? await readFile(join(folder, file), "utf8") : "(the package ships no license text)";
  return `${name} ${about.version} (${about.license})\n\n${text.trim()}\n`;
}

const result = await build({
  stdin: { contents: await entrySource(), resolveDir: dirname(entry), sourcefile: entry, loader: "js" },
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  loader: { ".html": "text" },
  banner: { js: banner },
  metafile: true,
  logLevel: "warning",
});

const packages = new Map([[upstream, { folder: upstream, name: "configurable-http-proxy" }]]);
for (const input of Object.keys(result.metafile.inputs)) {
  const found = packageOf(input);
  if (found) packages.set(found.folder, found);
}
const sorted = [...packages.values()].sort((a, b) => a.name.localeCompare(b.name));
const texts = await Promise.all(sorted.map(licence));
await writeFile(join(dirname(outfile), "LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
// For `release/sbom.py`.
const list = (await Promise.all(sorted.map(aboutOf))).map(({ name, version, license }) => ({ name, version, license }));
await writeFile(join(dirname(outfile), "packages.json"), JSON.stringify(list, null, 1));
