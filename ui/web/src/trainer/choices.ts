/** What a person chose in steps 2 to 4, apart from the project that it is chosen in: it can be compared and taken back. */
import type { Column } from "./data/columns.ts";
import type { Layout } from "./data/layouts.ts";
import type { Shares } from "./data/split.ts";
import type { Task } from "./data/target.ts";
import type { Reading } from "./data/vocabulary.ts";
import type { Given } from "./given/about.ts";
import type { Layer } from "./network/layers.ts";
import type { Options } from "./network/options.ts";

export interface Choices {
  columns: Column[];
  target: Column | null;
  task: Task | null;
  layout: Layout;
  /** How a text is read, where there is one. */
  reading: Reading;
  shares: Shares;
  seed: number;
  layers: Layer[];
  /** A model that was trained elsewhere, in the place of the layers. */
  given: Given | null;
  options: Options;
}

/** A copy that later changes leave alone. */
export function copied({ columns, target, task, layout, reading, shares, seed, layers, given, options }: Choices): Choices {
  const own = columns.map((column) => ({ ...column }));
  return {
    ...{ columns: own, target: target && own[target.index], task, layout },
    ...{ reading: { ...reading }, shares: { ...shares }, seed, layers: structuredClone(layers), given, options: { ...options } },
  };
}

/** Whether data and network are the same; how it is trained is none of them. */
export function alike(one: Choices, other: Choices): boolean {
  return one.given?.about === other.given?.about && told(one) === told(other);
}

function told({ columns, target, task, layout, reading, shares, seed, layers, given }: Choices): string {
  const kinds = columns.map(({ kind, scaling }) => [kind, scaling]);
  return JSON.stringify([kinds, target?.index, task, layout, reading, shares, seed, given ? given.plan : layers]);
}
