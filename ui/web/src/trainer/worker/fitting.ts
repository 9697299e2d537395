/** How rows reach a network, and how each pass over them goes, whoever trains. */
import * as tf from "@tensorflow/tfjs-core";
import type { Logs, ModelFitArgs } from "@tensorflow/tfjs-layers";
import type { Plan, Rows } from "./protocol.ts";

/** Examples of a shape, and what is to be said of each. */
export function tensors({ x, y, count }: Rows, shape: number[]): [tf.Tensor, tf.Tensor] {
  return [tf.tensor(x, [count, ...shape]), tf.tensor2d(y, [count, y.length / count])];
}

export function passes({ options: { batch, weighed }, weights }: Plan): ModelFitArgs {
  return {
    batchSize: batch,
    classWeight: weighed && weights ? { ...weights } : undefined,
    verbose: 0,
    // The gate lets other work in; waiting for frames would stop where nobody looks.
    yieldEvery: "never",
  };
}

/** The name of the accuracy, or of the mean error, among what an epoch came to. */
export function scoreOf(logs: Logs): string {
  return Object.keys(logs).find((name) => name !== "loss" && !name.startsWith("val_")) ?? "loss";
}
