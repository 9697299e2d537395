/** A trained network as files that TensorFlow.js loads anywhere, with what it needs to know of its inputs. */
import type { Prepared } from "./data/prepared.ts";
import { FIRST, PADDING, UNKNOWN, type Text } from "./data/vocabulary.ts";
import { ALONE, OTHER, RULE } from "./data/words.ts";
import type { Saved } from "./worker/protocol.ts";

export const WEIGHTS = "model.weights.bin";

/** `model.json`; its `userDefinedMetadata` says how a row becomes numbers, and what the outputs mean. */
export function modelJson(saved: Saved, prepared: Prepared): string {
  const { task, target, classes, shape, inputs, text, mean, deviation } = prepared;
  const columns = inputs.map(({ name, kind, at, shift, factor, fill, kinds, low, high }) =>
    kind === "number" ? { name, at, shift, factor, missing: fill, low, high } : { name, at, kinds },
  );
  return JSON.stringify({
    format: "layers-model",
    generatedBy: "MLabs trainer",
    convertedBy: null,
    modelTopology: saved.topology,
    weightsManifest: [{ paths: [WEIGHTS], weights: saved.specs }],
    userDefinedMetadata: {
      mlabs: {
        ...{ task, target, classes, shape, columns },
        ...(text ? { text: textJson(text) } : {}),
        ...(task === "number" ? { mean, deviation } : {}),
      },
    },
  });
}

/** How a text becomes numbers: `vocabulary[0]` is the number `first`, and short texts are filled up in front. */
function textJson({ name, vocabulary, length }: Text): object {
  const rule = { rule: RULE, other: OTHER.source, alone: ALONE.source };
  return { name, length, padding: PADDING, unknown: UNKNOWN, first: FIRST, ...rule, vocabulary };
}
