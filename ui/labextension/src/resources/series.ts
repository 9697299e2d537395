/** Looks at what a server uses, made into rows of a table with their recent past. */

import type { ProcessUse, ResourcesNow } from './wire.ts';

/** How many looks a plot shows. */
export const KEPT = 60;

export interface Row {
  name: string;
  /** `"1.2 GB"`. */
  value: string;
  /** `"of 4.0 GB"`; what the value is a share of. */
  limit: string;
  /** 0 to 1 each, the newest last; null where nothing was measured. */
  past: (number | null)[];
}

interface Sample {
  value: string;
  limit: string;
  share: number | null;
}

/** `"1.2 GB"`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = count;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 99.5 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** Cores in use between two looks; null where there was none before, or another process. */
export function cores(now: ProcessUse, before: ProcessUse | null, seconds: number): number | null {
  if (before === null || seconds <= 0 || now.cpu_seconds < before.cpu_seconds) {
    return null;
  }
  return (now.cpu_seconds - before.cpu_seconds) / seconds;
}

export class Series {
  private readonly past = new Map<string, (number | null)[]>();
  private before: ResourcesNow | null = null;

  /** Another kernel, or nobody has looked for a while: what was before says nothing. */
  forget(): void {
    this.past.clear();
    this.before = null;
  }

  add(now: ResourcesNow): Row[] {
    const rows = [...samples(now, this.before)].map(([name, sample]) => this.row(name, sample));
    this.before = now;
    return rows;
  }

  private row(name: string, { value, limit, share }: Sample): Row {
    const past = [...(this.past.get(name) ?? []), share === null ? null : Math.min(1, Math.max(0, share))];
    this.past.set(name, past.slice(-KEPT));
    return { name, value, limit, past: past.slice(-KEPT) };
  }
}

function* samples(now: ResourcesNow, before: ResourcesNow | null): Generator<[string, Sample]> {
  const machine = (limited: boolean): string => (limited ? '' : ' of the machine');
  const memory = `of ${bytes(now.memory_limit)}${machine(now.memory_limited)}`;
  const processor = `of ${plain(now.cpu_limit)} ${now.cpu_limit === 1 ? 'core' : 'cores'}${machine(now.cpu_limited)}`;
  const seconds = before === null ? 0 : now.time - before.time;
  const kinds: [string, ProcessUse | null, ProcessUse | null][] = [
    ['Kernel', now.kernel, before?.kernel ?? null],
    ['Server', now.server, before?.server ?? null]
  ];
  for (const [who, use] of kinds) {
    if (use !== null) {
      yield [`${who} memory`, part(use.memory, now.memory_limit, memory)];
    }
  }
  for (const [who, use, last] of kinds) {
    if (use !== null) {
      const busy = cores(use, last, seconds);
      const value = busy === null ? '…' : plain(busy);
      yield [`${who} CPU`, { value, limit: processor, share: busy === null ? null : busy / now.cpu_limit }];
    }
  }
  yield* accelerators(now);
  yield ['Disk', part(now.disk.used, now.disk.total, `of ${bytes(now.disk.total)}`)];
}

function* accelerators({ gpus }: ResourcesNow): Generator<[string, Sample]> {
  for (const [index, gpu] of gpus.entries()) {
    const name = gpus.length === 1 ? 'GPU' : `GPU ${index + 1}`;
    const { utilization, memory, memory_total: total } = gpu;
    const share = utilization === null ? null : utilization / 100;
    yield [name, { value: share === null ? 'not told' : `${Math.round(share * 100)} %`, limit: gpu.name, share }];
    if (memory !== null && total !== null) {
      yield [`${name} memory`, part(memory, total, `of ${bytes(total)}`)];
    }
  }
}

function part(used: number, total: number, limit: string): Sample {
  return { value: bytes(used), limit, share: total > 0 ? used / total : null };
}

function plain(cores: number): string {
  return Number.isInteger(cores) ? String(cores) : cores.toFixed(cores < 10 ? 2 : 1);
}

/** The points of a plot's line, in a box of 100 by 24; parts without a measurement are left out. */
export function points(past: (number | null)[]): string[] {
  const lines: string[][] = [[]];
  past.forEach((share, index) => {
    if (share === null) {
      lines.push([]);
      return;
    }
    const x = 100 * ((KEPT - past.length + index) / (KEPT - 1));
    lines.at(-1)?.push(`${x.toFixed(1)},${(23 - 22 * share).toFixed(1)}`);
  });
  return lines.filter(line => line.length > 1).map(line => line.join(' '));
}
