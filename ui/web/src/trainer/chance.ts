/** Chance that a seed repeats: the same seed gives the same numbers, in every browser. */
export type Chance = () => number;

/** Numbers from 0 up to 1, by mulberry32. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** From now on all chance in this thread follows one seed: first weights, dropout, the order of rows. */
export function sow(seed: number): void {
  Math.random = chance(seed);
}

/** A copy in another order. */
export function shuffled<T>(items: readonly T[], next: Chance): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
  }
  return mixed;
}

/** `0` to `length - 1`. */
export function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
