/** What the server extension answers about originals and proposals. */

import type { JSONObject } from '@lumino/coreutils';

import type { ComparedCell, ComparedLine } from '../wire';

export interface UpstreamVersion {
  number: number;
  author: string;
  message: string;
}

/** What a fork's original has that the fork has not. */
export interface Upstream {
  /** owner/name. */
  lab: string;
  title: string;
  /** The version that the fork's latest one stands on. */
  base: number;
  latest: number;
  new: number;
  /** Those after the base, newest first. */
  versions: UpstreamVersion[];
  /** The page of the fork about its original. */
  url: string;
}

export interface NotebookUpstream {
  upstream: Upstream | null;
}

export interface Conflict {
  id: string;
  kind: 'edited' | 'removed_here' | 'removed_there' | 'added';
  type: string;
  base: string | null;
  mine: string | null;
  theirs: string | null;
  a: number | null;
  b: number | null;
  lines: ComparedLine[];
}

export type Take = 'mine' | 'theirs' | 'both' | 'edit';

export interface Choice {
  take: Take;
  source?: string;
}

export type Choices = Record<string, Choice>;

export interface NotebookJson extends JSONObject {
  metadata: JSONObject;
  cells: JSONObject[];
}

export interface Merge {
  lab: string;
  base: number;
  version: number;
  merged: { notebook: NotebookJson; conflicts: Conflict[]; cells: ComparedCell[] };
}

export interface Proposal {
  number: number;
  url: string;
  lab: string;
  version: number;
}
