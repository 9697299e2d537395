/** Times and durations as a person reads them. */

const STEPS: [limit: number, unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  [3600, 'minute', 60],
  [86400, 'hour', 3600],
  [7 * 86400, 'day', 86400]
];

/** `"5 minutes ago"`, and the date where it is more than a week ago. Times in milliseconds. */
export function relative(time: number, now: number, locale?: string): string {
  const age = Math.max(0, (now - time) / 1000);
  if (age < 45) {
    return 'just now';
  }
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  for (const [limit, unit, seconds] of STEPS) {
    if (age < limit - seconds / 2) {
      return words.format(-Math.max(1, Math.round(age / seconds)), unit);
    }
  }
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(time);
}

export function exact(time: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }).format(time);
}

/** `"340 ms"`, `"2.4 s"`, `"3 min 20 s"`, `"2 h 5 min"`. */
export function duration(seconds: number): string {
  if (seconds < 0.9995) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    return pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  }
  const minutes = Math.round(seconds / 60);
  return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small ? `${large} ${largeUnit} ${small} ${smallUnit}` : `${large} ${largeUnit}`;
}
