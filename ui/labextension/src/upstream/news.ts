/** How far a notebook has followed its original, and what that is called. */

import type { Conflict, Upstream } from './wire';

/** The version of the original that a notebook stands on: as it says itself, else as its lab does. */
export function standing(upstream: Upstream, own: unknown): number {
  const said = isRecord(own) && isRecord(own['upstream']) ? own['upstream'] : {};
  const version = said['version'];
  const known = said['lab'] === upstream.lab && typeof version === 'number' && version <= upstream.latest;
  return known ? version : upstream.base;
}

export function fresh(upstream: Upstream, own: unknown): number {
  return upstream.latest - standing(upstream, own);
}

export function newsText(lab: string, news: number): string {
  return `The original, @${lab}, has ${news === 1 ? 'a new version' : `${news} new versions`}.`;
}

export function cellName(type: string, number: number | null): string {
  const kind = type === 'markdown' ? 'Text' : `${type.charAt(0).toUpperCase()}${type.slice(1)}`;
  return `${kind} cell ${number ?? ''}`.trim();
}

export function conflictTitle(conflict: Conflict): string {
  switch (conflict.kind) {
    case 'edited':
      return 'You and the original changed this cell';
    case 'removed_here':
      return 'You removed a cell that the original changed';
    case 'removed_there':
      return 'The original removed a cell that you changed';
    case 'added':
      return 'You and the original added this cell';
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
