/** What computes a job here: its first choice that has all that the network needs to learn. */
// Recurrent layers call some operations as methods of tensors.
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import * as tf from "@tensorflow/tfjs-core";
import { candidates, choose, use, type Backend } from "../trainer/worker/backend.ts";
import { Gate } from "../trainer/worker/gate.ts";
import { planOf, type Spec } from "./shapes.ts";
import { trained } from "./slices.ts";

/** What was found for networks that came before: slices of the same job come one after the other. */
const found = new Map<string, Backend>();
const MOST = 64;

/** Makes it compute from now on; throws where nothing can train this here. */
export async function prepare(spec: Spec, graphics = true): Promise<Backend> {
  const { shape, words, layers, output, options } = spec;
  const key = JSON.stringify([shape, words, layers, output, options.optimiser, graphics]);
  const known = found.get(key);
  if (known) await use(known);
  const backend = known ?? (await tried(spec, graphics));
  if (found.size >= MOST) found.clear();
  found.set(key, backend);
  return backend;
}

async function tried(spec: Spec, graphics: boolean): Promise<Backend> {
  const allowed = candidates(planOf(spec)).filter(({ name }) => graphics || name !== "webgl");
  const [backend, why] = await choose(allowed, () => attempt(spec));
  if (!backend) throw new Error(why);
  return backend;
}

/** One step on a few rows of zeros. */
async function attempt(spec: Spec): Promise<void> {
  // Nobody else would come to what 16 bits come to.
  if (tf.backend().floatPrecision() < 32) throw new Error("it computes with 16 bits");
  const count = Math.min(4, spec.rows);
  const size = spec.shape.reduce((all, length) => all * length, 1);
  const rows = { x: new Float32Array(count * size), y: new Float32Array(count * spec.output.units), count };
  await trained({ spec, rows, start: null, from: 0, to: 1 }, new Gate(), () => undefined);
}
