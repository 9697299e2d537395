/** What runtimes are called. */

import type { Allowance, Environment, RuntimeChoice } from '../wire';

/** What has to be known of machines that others lend, by whoever chooses one. */
export const LENT =
  'It runs on a machine that somebody lends. Whoever owns that machine can read this lab’s code, data and results: ' +
  'choose it only for what need not stay private.';

/** `"GPU"`; `"Community machine"`; `"No accelerator"`. */
export function acceleratorLabel(accelerator: string): string {
  if (accelerator === 'community') {
    return 'Community machine';
  }
  return accelerator === 'none' ? 'No accelerator' : accelerator.toUpperCase();
}

/** `"PyTorch · GPU"`, or `"PyTorch"` where there is no accelerator. */
export function runtimeLabel(choice: RuntimeChoice, environments: Environment[]): string {
  const known = environments.find(environment => environment.name === choice.environment);
  const title = known?.title ?? choice.environment;
  return choice.accelerator === 'none' ? title : `${title} · ${acceleratorLabel(choice.accelerator)}`;
}

/** `"torch 2.13.0, numpy 2.4.1"`. */
export function frameworks(environment: Environment): string {
  return Object.entries(environment.frameworks)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

export function same(one: RuntimeChoice, other: RuntimeChoice): boolean {
  return one.environment === other.environment && one.accelerator === other.accelerator;
}

/** Read what a kernel showed; null where it is nothing of the kind. */
export function asChoice(value: unknown): RuntimeChoice | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const { environment, accelerator } = value as Record<string, unknown>;
  return typeof environment === 'string' && typeof accelerator === 'string'
    ? { environment, accelerator }
    : null;
}

/** What a plan leaves, in sentences; nothing where there are no plans, or they limit nothing. */
export function planWords(allowance: Allowance | null, accelerator: string): string[] {
  if (allowance === null) {
    return [];
  }
  const { plan, withheld, period_end: end } = allowance;
  const { left, unit } = hoursOf(allowance, accelerator);
  const words: string[] = [];
  if (left !== null) {
    const hours = `${Math.floor(left * 10) / 10} ${unit}`;
    const anew = end === null ? '' : `, which begins anew on ${day(end)}`;
    words.push(`Your plan “${plan}” has ${hours} left this month${anew}.`);
  }
  if (withheld.length > 0) {
    words.push(`${withheld.map(acceleratorLabel).join(', ')}: not in your plan “${plan}”. Ask an administrator.`);
  }
  return words;
}

/** By which hours of a plan an accelerator is counted, and how many are left; null is no limit. */
export function hoursOf(allowance: Allowance, accelerator: string): { left: number | null; unit: string } {
  if (accelerator === 'none') {
    return { left: allowance.cpu_hours_left, unit: 'hours' };
  }
  return accelerator === 'community'
    ? { left: allowance.community_hours_left, unit: 'hours on community machines' }
    : { left: allowance.gpu_hours_left, unit: 'GPU hours' };
}

function day(moment: string): string {
  return new Date(moment).toLocaleDateString(undefined, { day: 'numeric', month: 'long', timeZone: 'UTC' });
}
