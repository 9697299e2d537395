/** Two notebooks side by side as people read them: what is the same is folded away. */

import type { ComparedCell, ComparedLine } from '../wire';
import type { Pairs } from './wire';

/** Lines of unchanged code that are shown around what changed. */
const CONTEXT = 2;

export interface Line {
  kind: 'same' | 'removed' | 'added' | 'folded';
  /** The line's number where it is, 0 for folded ones. */
  number: number;
  text: string;
}

export interface ChangedCell {
  title: string;
  lines: Line[];
}

/** How many cells in a row are the same, or one that is not. */
export type Part = { same: number } | ChangedCell;

/** What became of the cells; `now`: the later side is the open notebook, of which a run may have executed a part. */
export function parts(cells: ComparedCell[], now: boolean): Part[] {
  const found: Part[] = [];
  for (const cell of cells) {
    const last = found.at(-1);
    if (cell.change !== 'same') {
      found.push({ title: title(cell, now), lines: lines(cell.lines) });
    } else if (last !== undefined && 'same' in last) {
      last.same += 1;
    } else {
      found.push({ same: 1 });
    }
  }
  return found;
}

export function isChanged(part: Part): part is ChangedCell {
  return !('same' in part);
}

function title({ change, a, b, outputs, shows, lines }: ComparedCell, now: boolean): string {
  if (change === 'added') {
    return now ? `Cell ${b}: not executed in this run` : `Cell ${b}: only in the later run`;
  }
  if (change === 'removed') {
    return now ? `Cell ${a} of the run: not in the notebook now` : `Cell ${a}: only in the earlier run`;
  }
  const then = now ? 'now' : 'later';
  const place = a === b ? `Cell ${a}` : `Cell ${a}, ${then} cell ${b}`;
  const output = !outputs ? '' : shows[0] && shows[1] ? 'another output' : `${shows[0] ? 'no' : 'an'} output ${then}`;
  const code = lines.length ? 'other code' : '';
  return `${place}: ${[code, output].filter(Boolean).join(' and ')}`;
}

/** Old lines before new ones in each stretch that differs, with a little around it. */
export function lines(compared: ComparedLine[]): Line[] {
  const all: Line[] = [];
  let added: Line[] = [];
  for (const { a, old, b, new: fresh } of compared) {
    if (old !== null && old === fresh) {
      all.push(...added, { kind: 'same', number: b ?? 0, text: old });
      added = [];
      continue;
    }
    if (old !== null) {
      all.push({ kind: 'removed', number: a ?? 0, text: old });
    }
    if (fresh !== null) {
      added.push({ kind: 'added', number: b ?? 0, text: fresh });
    }
  }
  return folded([...all, ...added]);
}

function folded(all: Line[]): Line[] {
  const near = all.map((_, at) =>
    all.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(line => line.kind !== 'same')
  );
  const found: Line[] = [];
  let hidden = 0;
  const fold = (): void => {
    if (hidden > 0) {
      found.push({ kind: 'folded', number: 0, text: hidden === 1 ? '1 line is the same' : `${hidden} lines are the same` });
    }
    hidden = 0;
  };
  all.forEach((line, at) => {
    if (near[at]) {
      fold();
      found.push(line);
    } else {
      hidden += 1;
    }
  });
  fold();
  return found;
}

/** Two runs in the order in which they began: what the later one has anew is what was added. */
export function inOrder<R extends { started: string }>(one: R, other: R): [earlier: R, later: R] {
  return Date.parse(one.started) <= Date.parse(other.started) ? [one, other] : [other, one];
}

/** So many digits of a number are told: curves say no more. */
const DIGITS = 6;

function inWords(value: unknown): string {
  if (value === null || value === undefined) {
    return 'none';
  }
  if (typeof value === 'number') {
    return String(Number(value.toPrecision(DIGITS)));
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `[name, before, after]` of what differs. */
export function rows(pairs: Pairs): [string, string, string][] {
  return Object.entries(pairs).map(([name, [before, after]]) => [name, inWords(before), inWords(after)]);
}
