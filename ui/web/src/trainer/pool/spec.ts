/** A network as the pool takes it, and what the pool cannot do. */
import type { Spec } from "../../community/shapes.ts";
import { classWeights, type Prepared } from "../data/prepared.ts";
import type { Given } from "../given/about.ts";
import { stages, type Layer, type Output } from "../network/layers.ts";
import { check, type Options } from "../network/options.ts";
import { Problem } from "../problem.ts";

/** What of a project the pool gets to see. */
export interface Chosen {
  prepared: Prepared | null;
  given: Given | null;
  seed: number;
  words: number;
  layers: Layer[];
  output: Output;
  options: Options;
}

/** The network as it is chosen now; a Problem where the pool cannot train it. */
export function specOf({ prepared, given, seed, words, layers, output, options }: Chosen): Spec {
  if (!prepared) throw new Problem("There are no data yet.", "Choose some in steps 1 and 2.");
  if (given)
    throw new Problem(
      "The pool trains networks from the beginning, and not a model that was trained elsewhere.",
      "Fine-tune it in this page, or build a network in step 3.",
    );
  check(options, prepared.train.rows.length);
  if (!prepared.validation.rows.length)
    throw new Problem("The pool scores networks on the rows for validation, and there are none.", "Give validation a share in step 2.");
  stages(layers, prepared.shape, output, words);
  const { patience: _, ...rest } = options;
  return {
    ...{ seed, shape: prepared.shape, words, layers: structuredClone(layers), output, options: rest },
    weights: prepared.task === "classes" ? classWeights(prepared) : null,
    rows: prepared.train.rows.length,
  };
}
