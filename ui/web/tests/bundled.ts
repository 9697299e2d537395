/** Bundles some of the sources as the build does, where TensorFlow.js has to be whole for what is tested. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";

export const skip = existsSync(new URL("../node_modules/@tensorflow", import.meta.url))
  ? false
  : "npm packages are not installed";

/** The module that these lines are; paths in them begin at `ui/web`. */
export async function bundled<T>(contents: string): Promise<T> {
  const { build } = await import("esbuild");
  const { forNode } = await import("../node.mjs");
  const outdir = await mkdtemp(join(tmpdir(), "mlabs-bundle-"));
  after(() => rm(outdir, { recursive: true }));
  const resolveDir = join(import.meta.dirname, "..");
  await build({ ...forNode, stdin: { contents, resolveDir, sourcefile: "bundled.ts", loader: "ts" }, outfile: join(outdir, "bundled.mjs"), metafile: false });
  return import(pathToFileURL(join(outdir, "bundled.mjs")).href);
}
