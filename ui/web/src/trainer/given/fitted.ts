/** Prepared data as a model means them: its order of classes, its unit of the target, its scaling of columns. */
import type { Input } from "../data/inputs.ts";
import type { Known, Part, Prepared } from "../data/prepared.ts";
import type { Given, Meta } from "./about.ts";

/** Which class each output means; null where the data have others. */
export function order({ meta, plan }: Given, classes: string[]): string[] | null {
  if (plan.fresh) return null;
  const alike = (names: string[]): boolean =>
    names.length === classes.length && classes.every((name) => names.includes(name));
  if (meta && alike(meta.classes)) return meta.classes;
  return alike(plan.order) ? plan.order : null;
}

function parts(prepared: Prepared, change: (part: Part) => Float32Array): Prepared {
  const made = (part: Part): Part => ({ ...part, y: change(part) });
  const { train, validation, test } = prepared;
  return { ...prepared, train: made(train), validation: made(validation), test: made(test) };
}

function ordered(prepared: Prepared, classes: string[]): Prepared {
  const from = classes.map((name) => prepared.classes.indexOf(name));
  const size = classes.length;
  const change = ({ y }: Part): Float32Array => y.map((_, at) => y[at - (at % size) + from[at % size]]);
  return { ...parts(prepared, change), classes };
}

/** The target in the unit that the model gives it in. */
function meant(prepared: Prepared, mean: number, deviation: number): Prepared {
  const change = ({ y }: Part): Float32Array =>
    y.map((value) => (value * prepared.deviation + prepared.mean - mean) / deviation);
  return { ...parts(prepared, change), mean, deviation };
}

export function fitted(prepared: Prepared, given: Given): Prepared {
  if (prepared.task === "number") {
    if (given.plan.fresh) return prepared;
    return meant(prepared, given.meta?.mean ?? 0, given.meta?.deviation ?? 1);
  }
  const classes = order(given, prepared.classes);
  return classes ? ordered(prepared, classes) : prepared;
}

/** What a model that the trainer made knows of the inputs. */
export function knownOf(meta: Meta | null): Known {
  return { inputs: (fitted) => scaledAs(meta, fitted), text: meta?.text };
}

/** Columns as the trainer scaled them when it made the model; null where these are others. */
export function scaledAs(meta: Meta | null, fitted: Input[]): Input[] | null {
  if (!meta || meta.columns.length !== fitted.length) return null;
  const made = meta.columns.map((column): Input | null => {
    const now = fitted.find(({ name }) => name === column.name);
    if (!now || (now.kind === "category") !== Boolean(column.kinds)) return null;
    if (column.kinds) return { ...now, at: column.at, kinds: column.kinds, width: column.kinds.length };
    return { ...now, at: column.at, shift: column.shift, factor: column.factor, fill: column.missing };
  });
  return made.every((input) => input !== null) ? made : null;
}
