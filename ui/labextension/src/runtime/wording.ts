/** What runtimes are called. */

import type { Environment, RuntimeChoice } from '../wire';

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
