/** How fast this computer is, measured and not claimed: one multiplication of matrices, again and again for a moment. */
import * as tf from "@tensorflow/tfjs-core";
import { choose, CPU, hasGraphics, WASM, WEBGL, type Backend } from "../trainer/worker/backend.ts";

const SIDE = 256;
const MOMENT = 250;

export interface Speed {
  /** What may compute here at most. */
  backend: Backend["name"];
  /** Of the slowest that may: million multiplications and additions a second. */
  speed: number;
}

export async function measured(graphics: boolean): Promise<Speed> {
  const speeds: Speed[] = [];
  const measure = async ({ name }: Backend): Promise<void> => void speeds.push({ backend: name, speed: await rate() });
  if (graphics && hasGraphics()) await choose([WEBGL], measure);
  const [, why] = await choose(typeof WebAssembly === "undefined" ? [CPU] : [WASM, CPU], measure);
  if (!speeds.length) throw new Error(`nothing here computes: ${why}`);
  return { backend: speeds[0].backend, speed: Math.min(...speeds.map(({ speed }) => speed)) };
}

async function rate(): Promise<number> {
  const matrix = tf.randomUniform([SIDE, SIDE]);
  const multiply = async (): Promise<void> => {
    const product = tf.matMul(matrix, matrix);
    await product.data();
    product.dispose();
  };
  // The first one also makes ready.
  await multiply();
  const began = performance.now();
  let times = 0;
  for (; performance.now() - began < MOMENT; times++) await multiply();
  matrix.dispose();
  return (times * SIDE ** 3) / 1000 / (performance.now() - began);
}
