/** What the bar of a lab says. */

import { inWords } from '../limits/stages.ts';
import { hoursOf } from '../runtime/wording.ts';
import type { Allowance, Lab, Visibility } from '../wire.ts';

/** Seconds before the end of a server from which the bar says so. */
const ANNOUNCED = 3600;

/** `"6.5 GPU hours left"`; null where nothing limits them, or there are no plans. */
export function hoursLeft(allowance: Allowance | null, accelerator: string): string | null {
  if (allowance === null) {
    return null;
  }
  const { left, unit } = hoursOf(allowance, accelerator);
  if (left === null) {
    return null;
  }
  const hours = left >= 10 ? Math.floor(left) : Math.floor(left * 10) / 10;
  return `${hours} ${hours === 1 && unit === 'hours' ? 'hour' : unit} left`;
}

/** `"Stops in 9 minutes"`, in the last hour. */
export function stopsIn(left: number | null): string | null {
  return left === null || left > ANNOUNCED || left <= 0 ? null : `Stops ${inWords(left)}`;
}

/** What has to be confirmed: whoever has seen something once may have kept it. */
export function widening(lab: Lab, to: Visibility): { title: string; body: string; accept: string } | null {
  if (to === 'private' || (to === 'unlisted' && lab.visibility === 'public')) {
    return null;
  }
  const all = lab.version === 1 ? 'its version' : `all of its ${lab.version} versions`;
  if (to === 'unlisted') {
    return {
      title: `Let everyone with the link see “${lab.title}”?`,
      body: `They see ${all} and the record of its runs, and may fork it. No list or search has it.`,
      accept: 'Make unlisted'
    };
  }
  return {
    title: `Make “${lab.title}” public?`,
    body: `Everyone can find it, see ${all} and the record of its runs, and fork it.`,
    accept: 'Make public'
  };
}
