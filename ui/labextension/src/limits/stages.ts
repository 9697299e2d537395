/** How near the end of the server is, and what a person is told of it. */

/** Seconds before the end; the last two save what is open. */
export const SOON = 600;
export const NEAR = 120;
export const LAST = 20;
/** Milliseconds between two questions, at most and at least. */
const INTERVAL = 60_000;
const OFTEN = 2_000;

export type Stage = 'none' | 'soon' | 'near' | 'last' | 'over';

const ORDER: Stage[] = ['none', 'soon', 'near', 'last', 'over'];

export function stageOf(left: number | null): Stage {
  if (left === null || left > SOON) {
    return 'none';
  }
  if (left > NEAR) {
    return 'soon';
  }
  return left > LAST ? 'near' : left > 0 ? 'last' : 'over';
}

/** Whether `stage` is later than `before`. */
export function advances(stage: Stage, before: Stage): boolean {
  return ORDER.indexOf(stage) > ORDER.indexOf(before);
}

/** Milliseconds until the next look: at the next stage, or when it is time to ask again. */
export function pause(left: number | null): number {
  if (left === null) {
    return INTERVAL;
  }
  const stages = [SOON, NEAR, LAST, 0].filter(at => left > at).map(at => (left - at) * 1000 + 100);
  return Math.max(OFTEN, Math.min(INTERVAL, ...stages));
}

/** `"in 9 minutes"`, `"in 2 minutes"`, `"in 40 seconds"`. */
export function inWords(left: number): string {
  if (left < 90) {
    return `in ${Math.max(1, Math.round(left))} seconds`;
  }
  return `in ${Math.round(left / 60)} minutes`;
}

/** A reason with its full stop: the service names some without. */
function sentence(reason: string): string {
  return /[.!?]$/.test(reason) ? reason : `${reason}.`;
}

export function warning(left: number, reason: string | null): string {
  const why = reason === null ? '' : ` ${sentence(reason)}`;
  const kept = 'Files and the record of runs are kept, variables are lost.';
  return left > NEAR
    ? `This server stops ${inWords(left)}.${why} ${kept} Open notebooks are saved before.`
    : `This server stops ${inWords(left)}.${why} Open notebooks have been saved. ${kept}`;
}

export function ended(reason: string | null): string {
  const why = reason === null ? '' : ` ${sentence(reason)}`;
  return `This server was stopped.${why} Your files and the record of runs are kept. Go on from the lab's page.`;
}
