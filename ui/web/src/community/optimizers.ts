/** What an optimiser remembers, taken out and put back so that training goes on as if it had never stopped. */
import * as tf from "@tensorflow/tfjs-core";
import type { Block } from "./checkpoints.ts";

/** Adam's own: powers of its two rates, which it multiplies on at every step and does not give out. */
interface Powers {
  beta1: number;
  beta2: number;
  accBeta1: tf.Variable;
  accBeta2: tf.Variable;
}

export async function taken(tensors: tf.Tensor[]): Promise<Block[]> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  return tensors.map(({ shape }, at) => ({ shape: [...shape], values: Float32Array.from(values[at]) }));
}

export async function remembered(optimizer: tf.Optimizer): Promise<Block[]> {
  const kept = (await optimizer.getWeights()).map(({ tensor }) => tensor);
  const blocks = await taken(kept);
  // The count of steps is made for who asks; the others are the optimiser's own.
  kept[0].dispose();
  return blocks;
}

/** Throws where the blocks are not what this optimiser keeps of these weights. */
export async function remind(optimizer: tf.Optimizer, blocks: Block[], weights: Block[]): Promise<void> {
  const [steps, ...others] = blocks;
  const wanted = Array.from({ length: others.length }, (_, at) => weights[at % weights.length].shape);
  if (steps?.values.length !== 1 || others.some(({ shape }, at) => String(shape) !== String(wanted[at])))
    throw new Error("what the optimiser remembers is not of this network");
  const tensors = blocks.map(({ values, shape }) => tf.tensor(values, shape));
  await optimizer.setWeights(tensors.map((tensor, at) => ({ name: `kept_${at}`, tensor })));
  tf.dispose(tensors);
  if ("accBeta1" in optimizer) raise(optimizer as unknown as Powers, steps.values[0]);
}

/** As so many steps made them, digit by digit: TensorFlow.js takes a power, which is rounded otherwise. */
function raise(adam: Powers, steps: number): void {
  tf.tidy(() => {
    adam.accBeta1.assign(tf.scalar(power(adam.beta1, steps)));
    adam.accBeta2.assign(tf.scalar(power(adam.beta2, steps)));
  });
}

function power(rate: number, steps: number): number {
  const factor = Math.fround(rate);
  let product = factor;
  for (let step = 0; step < steps; step++) product = Math.fround(product * factor);
  return product;
}
