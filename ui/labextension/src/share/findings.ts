/** What a list of findings means: what still stops, and what belongs to which cell. */

import type { Finding } from './wire';

/** Secrets that are neither fixed nor meant. */
export function stopping(findings: readonly Finding[], meant: ReadonlySet<string>): Finding[] {
  return findings.filter(({ id, severity }) => severity === 'secret' && !meant.has(id));
}

export interface Group {
  /** From 1; null for the notebook's own. */
  cell: number | null;
  findings: Finding[];
}

/** By cell, in the order of the notebook, secrets first within each. */
export function byCell(findings: readonly Finding[]): Group[] {
  const groups: Group[] = [];
  for (const finding of findings) {
    const group = groups.find(({ cell }) => cell === finding.cell);
    if (group) {
      group.findings.push(finding);
    } else {
      groups.push({ cell: finding.cell, findings: [finding] });
    }
  }
  for (const group of groups) {
    group.findings.sort((a, b) => Number(a.severity === 'personal') - Number(b.severity === 'personal'));
  }
  return groups;
}

/** One sentence on where things stand. */
export function summary(findings: readonly Finding[], meant: ReadonlySet<string>): string {
  const left = stopping(findings, meant).length;
  if (left > 0) {
    return `${left === 1 ? 'One finding stops' : `${left} findings stop`} this from being published.`;
  }
  const personal = findings.filter(({ severity }) => severity === 'personal').length;
  return personal > 0
    ? 'No secret stops this. Look at what tells of you and your machine, then go on.'
    : 'Nothing stops this.';
}
