/** A trained network as files that TensorFlow.js loads anywhere, with what it needs to know of its inputs. */
import type { Prepared } from "./data/prepared.ts";
import type { Saved } from "./worker/protocol.ts";

export const WEIGHTS = "model.weights.bin";

/** `model.json`; its `userDefinedMetadata` says how a row becomes numbers, and what the outputs mean. */
export function modelJson(saved: Saved, prepared: Prepared): string {
  const { task, target, classes, shape, inputs, mean, deviation } = prepared;
  const columns = inputs.map(({ name, kind, at, shift, factor, fill, kinds }) =>
    kind === "number" ? { name, at, shift, factor, missing: fill } : { name, at, kinds },
  );
  return JSON.stringify({
    format: "layers-model",
    generatedBy: "MLabs trainer",
    convertedBy: null,
    modelTopology: saved.topology,
    weightsManifest: [{ paths: [WEIGHTS], weights: saved.specs }],
    userDefinedMetadata: {
      mlabs: { task, target, classes, shape, columns, ...(task === "number" ? { mean, deviation } : {}) },
    },
  });
}
