/** How long a training takes, where that is worth saying. */

/** Seconds that nobody waits for. */
const SOON = 10;

/** In words, of seconds for an epoch; nothing where all of them are over soon. */
export function lasting(each: number, epochs: number, patient: boolean): string {
  const all = each * epochs;
  if (all < SOON) return "";
  const sooner = patient ? " Early stopping may end it sooner." : "";
  return `About ${told(each)} an epoch, ${told(all)} in all.${sooner}`;
}

function told(seconds: number): string {
  if (seconds < 1) return `${Number(seconds.toPrecision(1))} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
