/** How long to wait, and waiting that can be ended. */

const FIRST = 1;
const LONGEST = 60;

/** Passes after some milliseconds, or as soon as all is ended. */
export function rest(milliseconds: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ended.aborted) return resolve();
    const over = (): void => {
      clearTimeout(timer);
      ended.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    ended.addEventListener("abort", over);
  });
}

/** Seconds before the next attempt after so many in vain: doubled each time, and not the same for everybody. */
export function backOff(failures: number): number {
  return Math.min(LONGEST, FIRST * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

/** What the server asked for, and a little more, so that not all come back at once. */
export function jittered(seconds: number): number {
  return seconds * (1 + Math.random() / 4);
}
