/** What the publish guard of the user's server answers; the same as in mlabs_ext/wire/guard.py. */

import type { JSONObject } from '@lumino/coreutils';

export interface Fix {
  kind: 'environ' | 'getpass' | 'relative' | 'replace' | 'drop_output' | 'remove';
  /** What it does, for a person. */
  label: string;
  text: string;
}

export interface Finding {
  /** Good for the very text that it was found in. */
  id: string;
  kind: string;
  /** A secret stops a publish; what is personal is asked about. */
  severity: 'secret' | 'personal';
  title: string;
  why: string;
  where: 'source' | 'output' | 'attachment' | 'metadata';
  /** In words. */
  place: string;
  /** From 1; null for what belongs to the notebook. */
  cell: number | null;
  line: number;
  count: number;
  /** With the middle of secrets masked. */
  excerpt: string;
  fix: Fix | null;
}

export interface FixedCell {
  /** From 0. */
  index: number;
  source: string;
  metadata: JSONObject;
  outputs: JSONObject[] | null;
  attachments: JSONObject | null;
}

export interface FixedNotebook {
  cells: FixedCell[];
  metadata: JSONObject | null;
  /** How many places only a person can fix. */
  left: number;
}
