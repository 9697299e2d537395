/** Requests about the original of a notebook's lab. */

import type { Api } from '../api';
import type { Choices, Merge, NotebookJson, NotebookUpstream, Proposal } from './wire';

export function look(api: Api, path: string): Promise<NotebookUpstream> {
  return api.send<NotebookUpstream>('GET', 'upstream', { path });
}

/** Work out what the notebook is with what the original changed; nothing is written. */
export function merge(
  api: Api,
  path: string,
  notebook: NotebookJson,
  version: number,
  choices: Choices
): Promise<Merge> {
  return api.send<Merge>('POST', 'merge', { path }, { notebook, version, choices });
}

/** Offer the latest published version to the original. */
export function propose(api: Api, path: string, title: string, message: string): Promise<Proposal> {
  return api.send<Proposal>('POST', 'propose', { path }, { title, message });
}
