/** The shapes that the user's server answers with; the same as in mlabs_ext/wire/notebook_data.py. */

import type { Visibility } from '../wire';

export type DataState = 'ready' | 'coming' | 'absent' | 'blocked' | 'too_large' | 'failed' | 'lost';

/** A dataset that a notebook uses. */
export interface NotebookDataset {
  /** As owner/name. */
  dataset: string;
  title: string;
  version: number;
  /** Null where it goes along with the latest. */
  pinned: number | null;
  newest: number;
  /** Bytes. */
  size: number;
  files: number;
  /** Where the notebook finds the files, beside it. */
  path: string;
  url: string;
  state: DataState;
  /** Bytes that are here, while it comes. */
  done: number;
  message: string | null;
}

export interface MadeData {
  id: string;
  title: string;
  source: string;
  state: 'making' | 'made' | 'failed';
  dataset: string | null;
  message: string | null;
}

export interface NotebookData {
  /** The lab that says so; null where the notebook alone does. */
  lab: string | null;
  items: NotebookDataset[];
  making: MadeData[];
  /** What the notebook's `mlabs` metadata should hold. */
  metadata: { data: string[] };
  /** Leads to a restart that brings what is too large to be fetched; empty where none does. */
  restart_url: string;
}

export type Kind = 'dataset' | 'model' | 'lab';
export type Whose = 'all' | 'mine' | 'shared';

export interface FoundData {
  kind: Kind;
  /** As owner/name. */
  reference: string;
  owner: string;
  title: string;
  description: string;
  version: number;
  visibility: Visibility;
  url: string;
  size: number | null;
  files: number | null;
  license: string | null;
  format: string | null;
  runs: number | null;
}

export interface FoundPage {
  items: FoundData[];
  next: string | null;
}

export interface DataFile {
  path: string;
  size: number;
  /** A media type. */
  type: string;
}

export interface DataFiles {
  dataset: string;
  number: number;
  items: DataFile[];
}

export interface PreviewColumn {
  name: string;
  type: string;
  missing: number;
}

export interface PreviewTable {
  encoding: string;
  separator: string;
  header: boolean;
  rows: number;
  exact: boolean;
  columns: PreviewColumn[];
  head: string[][];
}

export interface Preview {
  path: string;
  kind: 'table' | 'text' | 'image' | 'other';
  problems: { message: string }[];
  table: PreviewTable | null;
  text: string | null;
}

/** A file that a run made. */
export interface Output {
  path: string;
  size: number;
  run: string | null;
  /** RFC 3339. */
  created: string;
}

export interface MakeWish {
  title: string;
  license?: string;
  uploads?: string[];
  url?: string;
  run?: string;
  paths?: string[];
}

export interface UploadState {
  id: string;
  offset: number;
  size: number;
}
