// How far the predictions of a variant are from those of its model, for inputs that are the same each time.
import { inSomeSize, shaped, tf } from "./opened.mjs";

const ROWS = 32;

/** How many different indexes each input takes that is looked up in a table. */
function tables(model) {
  const found = {};
  for (const layer of model.layers ?? [])
    if (layer.getClassName() === "Embedding") found[layer.inboundNodes[0]?.inputTensors[0]?.name] = layer.inputDim;
  return found;
}

/** Numbers from -1 to 1, or indexes: the same for the same row. */
function example(model, limits, size, row) {
  return model.inputs.map((input, place) => {
    const [shape, seed, limit] = [shaped(input, size), row * 100 + place + 1, limits[input.name]];
    const whole = input.dtype === "int32" || input.dtype === "bool";
    const made = limit || whole ? tf.floor(tf.randomUniform(shape, 0, limit ?? 2, "float32", seed)) : tf.randomUniform(shape, -1, 1, "float32", seed);
    return whole ? tf.cast(made, input.dtype) : made;
  });
}

const SURE = 1e-3;

/** Whether the numbers along the last axis are the probabilities of classes. */
const areClasses = (output) =>
  output.rank > 1 &&
  output.shape.at(-1) > 1 &&
  tf.min(output).dataSync()[0] >= -SURE &&
  tf.max(tf.abs(tf.sub(tf.sum(output, -1), 1))).dataSync()[0] < SURE;

/** Whether an output is the probability of one class against the other. */
const isOneOfTwo = (model, place, output) =>
  output.shape.at(-1) === 1 && model.outputLayers?.[place]?.activation?.getClassName() === "sigmoid";

/** What turns an output into its most likely classes; null where it says none. */
function choosing(model, place, output) {
  if (areClasses(output)) return (value) => tf.argMax(value, -1);
  return isOneOfTwo(model, place, output) ? (value) => tf.greater(value, 0.5) : null;
}

const largest = (value) => tf.max(tf.abs(value)).dataSync()[0];

/** One row: the largest difference, the largest prediction, and how many most likely classes are as they were. */
function row(model, made, wanted) {
  const told = { difference: 0, largest: 0, same: 0, classes: 0 };
  for (const [place, output] of wanted.entries()) {
    const [found, meant] = [made[place], output].map((value) => tf.cast(value, "float32"));
    for (const [who, value] of [["the model itself", meant], ["the variant", found]])
      if (!Number.isFinite(largest(value))) throw new Error(`${who} predicts values that are no numbers`);
    told.difference = Math.max(told.difference, largest(tf.sub(found, meant)));
    told.largest = Math.max(told.largest, largest(meant));
    const chosen = choosing(model, place, meant);
    if (!chosen) continue;
    const same = tf.equal(chosen(found), chosen(meant));
    told.same += tf.sum(tf.cast(same, "int32")).dataSync()[0];
    told.classes += same.size;
  }
  return told;
}

/** Of as many rows as `seconds` are enough for. */
export async function compared(variant, original, seconds) {
  const until = performance.now() + seconds * 1000;
  const limits = tables(original.model);
  return inSomeSize(original.model, async (size) => {
    const all = { rows: 0, difference: 0, largest: 0, same: 0, classes: 0 };
    while (all.rows < ROWS && (!all.rows || performance.now() < until)) {
      const given = example(original.model, limits, size, all.rows);
      const [made, wanted] = [await variant.predict(given), await original.predict(given)];
      const told = tf.tidy(() => row(original.model, made, wanted));
      tf.dispose([given, made, wanted]);
      for (const name of ["difference", "largest"]) all[name] = Math.max(all[name], told[name]);
      for (const name of ["same", "classes"]) all[name] += told[name];
      all.rows += 1;
    }
    return all;
  });
}
