/** A metric of a run as a small curve, and as a sentence for who does not see it. */

import type { Series } from './wire';

const DIGITS = 3;

/** A number in few characters: `0.05`, `12.3`, `1.5e-7`. */
export function short(value: number): string {
  if (value === 0) {
    return '0';
  }
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) {
    return value.toExponential(1).replace('.0e', 'e').replace('e+', 'e');
  }
  return String(Number(size >= 1000 ? value.toFixed(0) : value.toPrecision(DIGITS)));
}

/** `"loss 0.31 → 0.05, 20 steps"`. */
export function sentence({ name, count, values }: Series): string {
  const known = values.filter(value => value !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) {
    return `${name}: no number`;
  }
  return count === 1 ? `${name} ${short(last)}` : `${name} ${short(first)} → ${short(last)}, ${count} steps`;
}

/**
 * The `d` of an SVG path through the values, in a box of `width` × `height` pixels less a margin of 1 for the
 * line; steps that have no number leave a gap. Empty for fewer than two numbers.
 */
export function path({ steps, values }: Series, width: number, height: number): string {
  const points = values.flatMap((value, at) => (value === null ? [] : [[at, steps[at] ?? at, value] as const]));
  if (points.length < 2) {
    return '';
  }
  const x = scale(points.map(point => point[1]), 1, width - 1);
  const y = scale(points.map(point => point[2]), height - 1, 1);
  let before = -2;
  return points
    .map(([at, step, value]) => {
      const move = at === before + 1 ? 'L' : 'M';
      before = at;
      return `${move}${x(step).toFixed(1)} ${y(value).toFixed(1)}`;
    })
    .join('');
}

/** From the range of `values` to that from `low` to `high`; what is all the same is in the middle. */
function scale(values: number[], low: number, high: number): (value: number) => number {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return value => (most === least ? (low + high) / 2 : low + ((value - least) / (most - least)) * (high - low));
}
