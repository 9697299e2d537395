/** What the user's server answers about the runs of a notebook; the same as in mlabs_ext/wire/history.py. */

import type { IOutput } from '@jupyterlab/nbformat';

import type { ComparedCell, Run, RunStatus } from '../wire';

/** A run with what it logged last and was given. */
export interface PastRun extends Run {
  metrics: Record<string, number | string | null>;
  parameters: Record<string, unknown>;
}

export interface PastRunPage {
  items: PastRun[];
  next: string | null;
  unavailable: string | null;
}

export interface Filter {
  status: RunStatus | null;
  kind: Run['kind'] | null;
}

/** One metric in the order that it was logged; a value that is no finite number is null. */
export interface Series {
  name: string;
  count: number;
  steps: number[];
  values: (number | null)[];
}

export type Pairs = Record<string, [unknown, unknown]>;

export interface Difference {
  cells: ComparedCell[];
  metrics: Pairs;
  parameters: Pairs;
  environment: Pairs;
}

/** A cell of the notebook that a run executed. */
export interface ExecutedCell {
  id: string;
  source: string | string[];
  outputs: IOutput[];
  execution_count: number | null;
}
