/** Looks at JSON that somebody else may have written: takes what fits, and says what does not. */
import { fresh, type Layer } from "../network/layers.ts";
import { ACTIVATIONS, CELLS, INITIALISERS, KINDS, POOLINGS } from "../network/words.ts";
import { Problem } from "../problem.ts";

export type Given = Record<string, unknown>;

function odd(what: string): Problem {
  return new Problem(
    `The project in this lab cannot be opened: ${what}.`,
    "Its notebook was changed by hand, or comes from a newer trainer. Choose the data in step 1, and set the rest yourself.",
  );
}

export function oneOf<T extends string>(known: readonly T[], given: unknown): T {
  const found = known.find((one) => one === given);
  if (found === undefined) throw odd(`${String(given).slice(0, 40)} is not known`);
  return found;
}

/** What is given, with the fields of `usual` and no others, of the same types. */
export function likeOf<T extends object>(usual: T, given: unknown): T {
  const found = (given ?? {}) as Given;
  const pairs = Object.entries(usual).map(([name, value]) => {
    const one = found[name];
    const fits = typeof one === typeof value && (typeof one !== "number" || Number.isFinite(one));
    if (!fits) throw odd(`its ${name} does not fit`);
    return [name, one];
  });
  return Object.fromEntries(pairs) as T;
}

const WORDS: Record<string, object> = { activation: ACTIVATIONS, initialiser: INITIALISERS, cell: CELLS, how: POOLINGS };

export function layerOf(given: unknown): Layer {
  const kind = oneOf(Object.keys(KINDS) as Layer["kind"][], (given as Given)?.kind);
  const layer = likeOf(fresh(kind), given);
  for (const [name, words] of Object.entries(WORDS))
    if (name in layer) oneOf(Object.keys(words), (layer as unknown as Given)[name]);
  return layer;
}

export function texts(given: unknown): string[] {
  if (Array.isArray(given) && given.every((one) => typeof one === "string")) return given;
  throw odd("its labels do not fit");
}

export function shape(given: unknown): [number, number, number] {
  const fits = Array.isArray(given) && given.length === 3 && given.every((size) => size > 0 && size <= 256);
  if (!fits) throw odd("the shape of its pictures does not fit");
  return given as [number, number, number];
}
