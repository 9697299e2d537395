/** Bundles some of the sources as the build does, where what is tested needs the whole of TensorFlow.js. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";

const HERE = join(import.meta.dirname, "..");

export const skip = existsSync(join(HERE, "node_modules", "@tensorflow")) ? false : "npm packages are not installed";

/** The module that these lines are; paths in them begin at `ui/web`. */
export async function bundled<T>(contents: string): Promise<T> {
  return import(pathToFileURL(await built(contents)).href);
}

/** The script that these lines, or this file, become; it is gone when the tests have ended. */
export async function built(source: string): Promise<string> {
  const { build } = await import("esbuild");
  const { forNode } = await import("../node.mjs");
  const folder = await mkdtemp(join(tmpdir(), "mlabs-bundle-"));
  after(() => rm(folder, { recursive: true }));
  const outfile = join(folder, "bundled.mjs");
  const stdin = { contents: source, resolveDir: HERE, sourcefile: "bundled.ts", loader: "ts" as const };
  const entry = /\.ts$/.test(source) ? { entryPoints: [join(HERE, source)] } : { stdin };
  await build({ ...forNode, ...entry, outfile, metafile: false });
  return outfile;
}
