/** What the user's server answers about a publish: the guard (mlabs_ext/wire/guard.py), and shares below. */

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

/** With whom a lab is shared; the same as in mlabs_ext/wire/shares.py. */
export interface Share {
  kind: 'user' | 'group' | 'link';
  /** A link's is a label. */
  name: string;
  access: Access;
  /** RFC 3339, as `expires`. */
  created: string;
  id: string | null;
  expires: string | null;
  /** The link by which a person came to it. */
  via: string | null;
}

export type Access = 'view' | 'edit';

export interface NewLink extends Share {
  id: string;
  /** It is told this once. */
  url: string;
}
