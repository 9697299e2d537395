/** Divides rows into those that are learned from, those that are checked with, and those kept for one last test. */
import { chance, shuffled, type Chance } from "../chance.ts";

export interface Shares {
  train: number;
  validation: number;
  test: number;
}

export interface Parts {
  train: number[];
  validation: number[];
  test: number[];
}

export const SHARES: Shares = { train: 0.6, validation: 0.2, test: 0.2 };

/** How many of `total` each part gets: all of them together, and one at least where there are three. */
export function sizes(total: number, shares: Shares): [number, number, number] {
  const whole = shares.train + shares.validation + shares.test;
  const least = total >= 3 ? 1 : 0;
  const share = (part: number): number => (part > 0 ? Math.max(least, Math.round((part / whole) * total)) : 0);
  let validation = share(shares.validation);
  let test = share(shares.test);
  while (validation + test > total - least) {
    if (validation > test) validation--;
    else test--;
  }
  return [total - validation - test, validation, test];
}

/** The parts; with labels each class is divided by itself, so that all parts have the same mixture. */
export function split(rows: number[], shares: Shares, seed: number, label?: (row: number) => string): Parts {
  const next = chance(seed);
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const name = label?.(row) ?? "";
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  const parts: Parts = { train: [], validation: [], test: [] };
  for (const name of [...groups.keys()].sort()) divide(groups.get(name) ?? [], shares, next, parts);
  return {
    train: shuffled(parts.train, next),
    validation: shuffled(parts.validation, next),
    test: shuffled(parts.test, next),
  };
}

function divide(rows: number[], shares: Shares, next: Chance, parts: Parts): void {
  const mixed = shuffled(rows, next);
  const [train, validation] = sizes(rows.length, shares);
  parts.train.push(...mixed.slice(0, train));
  parts.validation.push(...mixed.slice(train, train + validation));
  parts.test.push(...mixed.slice(train + validation));
}
