/** The shapes that the user's server answers with; the same as in mlabs_ext/wire. */

import type { JSONObject } from '@lumino/coreutils';

export type Visibility = 'public' | 'unlisted' | 'private';

export type RunStatus = 'queued' | 'starting' | 'running' | 'succeeded' | 'failed' | 'stopped' | 'lost';

export interface Lab {
  owner: string;
  name: string;
  title: string;
  description: string;
  tags?: string[];
  license?: string | null;
  visibility: Visibility;
  environment: string;
  accelerator: string;
  /** The latest version; 0 is a draft. */
  version: number;
  forked_from: { lab: string; version: number } | null;
  url: string;
  embed_url: string;
  /** What it is shared with this person for; absent for one's own. */
  access?: 'view' | 'edit';
}

export interface Published {
  lab: Lab;
  /** True for a first version. */
  created: boolean;
  unchanged: boolean;
  /** What the notebook's `mlabs` metadata should now hold. */
  metadata: JSONObject;
  /** What was decided that nobody had asked for, in words. */
  note: string | null;
}

/** What there is to know about the notebook at a path. */
export interface NotebookLab {
  /** The owner's lab that it belongs to. */
  lab: Lab | null;
  /** Somebody else's lab that it comes from, while it belongs to none of the owner's. */
  source: string | null;
  foreign: boolean;
  /** The saved notebook differs from the latest version. */
  dirty: boolean;
  /** What a publish leads to that says nothing of it; null for the default. */
  visibility: Visibility | null;
  /** The notebook names a lab that is not there for this person; a publish makes a new one. */
  lost: boolean;
}

export interface Forked {
  lab: Lab;
  open_url: string;
}

export interface PublishRequest {
  path: string;
  title?: string;
  description?: string;
  visibility?: Visibility;
  tags?: string[];
  license?: string;
  message?: string;
  /** Findings of the publish guard that are meant, by id. */
  acknowledged?: string[];
}

export interface LabChange {
  title?: string;
  description?: string;
  visibility?: Visibility;
  tags?: string[];
  license?: string;
}

export interface EmbedSnippet {
  url: string;
  embed_url: string;
  html: string;
  markdown: string;
  rst: string;
}

export interface Run {
  id: string;
  version: number | null;
  user: string;
  kind: 'interactive' | 'batch';
  run_all: boolean;
  status: RunStatus;
  busy: boolean;
  environment: string;
  accelerator: string;
  /** RFC 3339. */
  started: string;
  /** Seconds; null while it has not ended. */
  duration: number | null;
  error: { ename: string; evalue: string } | null;
  url: string;
  /** How many have its live page open. */
  watching: number;
}

/** A batch run that was asked for. */
export interface Backgrounded {
  run: Run;
  /** What the notebook's `mlabs` metadata should now hold. */
  metadata: JSONObject;
}

export interface RunPage {
  items: Run[];
  next: string | null;
  /** Why runs that are not on this server are missing. */
  unavailable: string | null;
}

export interface RuntimeChoice {
  environment: string;
  accelerator: string;
}

export interface Environment {
  name: string;
  title: string;
  description: string;
  frameworks: Record<string, string>;
  accelerators: string[];
  available: boolean;
  /** Why it is not available. */
  reason: string | null;
}

/** Where a notebook is to run, and where it does. */
export interface RuntimeState {
  /** The lab of one's own that it belongs to; without one there is nothing to restart. */
  lab: string | null;
  wanted: RuntimeChoice;
  running: RuntimeChoice & { image: string | null };
  /** The two differ, and `restart_url` leads to where it is as wanted. */
  restart: boolean;
  restart_url: string;
  /** Why what the notebook asks for cannot be had. */
  problem: string | null;
  environments: Environment[];
  allowance: Allowance | null;
  /** A sentence for each accelerator about the wait for one; none where nothing is known. */
  waits: Record<string, string>;
}

/** What is left of the person's plan; null hours are no limit. */
export interface Allowance {
  plan: string;
  cpu_hours_left: number | null;
  gpu_hours_left: number | null;
  community_hours_left: number | null;
  /** RFC 3339. */
  period_end: string | null;
  /** Accelerators that there are, and that the plan does not have. */
  withheld: string[];
}

/** When this server will be stopped, if that is known, and why. */
export interface ServerLimits {
  /** RFC 3339. */
  ends: string | null;
  /** Seconds, by the server's clock. */
  left: number | null;
  reason: string | null;
  plan: string | null;
}

export interface ComparedLine {
  a: number | null;
  old: string | null;
  b: number | null;
  new: string | null;
}

export interface ComparedCell {
  change: 'same' | 'changed' | 'added' | 'removed';
  type: string;
  a: number | null;
  b: number | null;
  lines: ComparedLine[];
  outputs: boolean;
  shows: [boolean, boolean];
}
