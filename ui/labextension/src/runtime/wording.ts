/** What runtimes are called. */

import type { Allowance, Environment, RuntimeChoice } from '../wire';

/** `"GPU"`; `"No accelerator"`. */
export function acceleratorLabel(accelerator: string): string {
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
  const left = accelerator === 'none' ? allowance.cpu_hours_left : allowance.gpu_hours_left;
  const words: string[] = [];
  if (left !== null) {
    const hours = `${Math.floor(left * 10) / 10} ${accelerator === 'none' ? 'hours' : 'GPU hours'}`;
    const anew = end === null ? '' : `, which begins anew on ${day(end)}`;
    words.push(`Your plan “${plan}” has ${hours} left this month${anew}.`);
  }
  if (withheld.length > 0) {
    words.push(`${withheld.map(acceleratorLabel).join(', ')}: not in your plan “${plan}”. Ask an administrator.`);
  }
  return words;
}

function day(moment: string): string {
  return new Date(moment).toLocaleDateString(undefined, { day: 'numeric', month: 'long', timeZone: 'UTC' });
}
