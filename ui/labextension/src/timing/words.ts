/** How long a cell took and when it ended, in a few characters, and as a sentence. */

import { duration } from '../time.ts';

/** Times in milliseconds. `ended` is null while it runs; `seconds` then is how long it has run. */
export interface Timing {
  seconds: number;
  ended: number | null;
  failed: boolean;
}

const DAY = 86_400_000;

/** `"340 ms"`, `"2.3 s"`, `"12:20"`, `"1:02:05"`. */
export function compact(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) {
    return duration(seconds);
  }
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** The time of day, and the date in its place where it was another day. */
export function moment(time: number, now: number, locale?: string): string {
  const near = Math.abs(now - time) < DAY && new Date(time).getDate() === new Date(now).getDate();
  const options: Intl.DateTimeFormatOptions = near
    ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
    : { day: 'numeric', month: 'short' };
  return new Intl.DateTimeFormat(locale, options).format(time);
}

/** `"✓ 2.3 s · 10:41"`; while it runs `"2 s"`, for tenths would flicker. */
export function label({ seconds, ended, failed }: Timing, now: number, locale?: string): string {
  if (ended === null) {
    return seconds < 60 ? `${Math.floor(seconds)} s` : compact(Math.floor(seconds));
  }
  return `${failed ? '✗' : '✓'} ${compact(seconds)} · ${moment(ended, now, locale)}`;
}

export function sentence({ seconds, ended, failed }: Timing, now: number, locale?: string): string {
  if (ended === null) {
    return 'Runs now.';
  }
  return `${failed ? 'Failed after' : 'Ran for'} ${duration(seconds)}, ended at ${moment(ended, now, locale)}.`;
}

/** What JupyterLab or nbclient recorded in a cell's metadata; null where that is not whole. */
export function recorded(execution: unknown, failed: boolean): Timing | null {
  if (typeof execution !== 'object' || execution === null) {
    return null;
  }
  const times = execution as Record<string, unknown>;
  const at = (...names: string[]): number => Date.parse(String(names.map(name => times[name]).find(Boolean)));
  const begun = at('iopub.execute_input', 'shell.execute_reply.started');
  const ended = at('iopub.status.idle', 'shell.execute_reply');
  return ended >= begun ? { seconds: (ended - begun) / 1000, ended, failed } : null;
}
