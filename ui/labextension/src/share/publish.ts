/** The steps of a publish: save, send, remember in the notebook which lab it is. */

import type { Api } from '../api';
import type { LabState } from '../lab';
import type { LabChange, Published } from '../wire';
import type { Figure } from './figures';
import { writeAlt } from './figures';
import { tagsOf } from './licenses';

export interface Details extends Required<Omit<LabChange, 'tags'>> {
  /** As they are typed. */
  tags: string;
  message: string;
}

/** The title that a notebook gives itself: its first heading, else its file's name. */
export function titleOf(state: LabState): string {
  const { cells } = state.panel.context.model;
  for (const cell of cells) {
    const heading = /^#{1,6}\s+(.+?)\s*#*$/m.exec(cell.sharedModel.getSource());
    if (cell.type === 'markdown' && heading?.[1]) {
      return heading[1].slice(0, 200);
    }
  }
  const file = state.path.split('/').at(-1) ?? '';
  return file.replace(/\.ipynb$/, '');
}

export function initialDetails(state: LabState): Details {
  const { lab } = state;
  return {
    title: lab?.title || titleOf(state),
    description: lab?.description ?? '',
    visibility: lab?.visibility ?? state.visibility ?? 'public',
    tags: (lab?.tags ?? []).join(', '),
    license: lab?.license ?? '',
    message: ''
  };
}

/** Which of the lab's details differ from what is published. */
export function changes(state: LabState, details: Details): LabChange {
  const old = initialDetails(state);
  const change: LabChange = {};
  if (details.title !== old.title) {
    change.title = details.title;
  }
  if (details.description !== old.description) {
    change.description = details.description;
  }
  if (details.visibility !== old.visibility) {
    change.visibility = details.visibility;
  }
  if (tagsOf(details.tags).join() !== tagsOf(old.tags).join()) {
    change.tags = tagsOf(details.tags);
  }
  if (details.license !== old.license) {
    change.license = details.license;
  }
  return change;
}

export async function publish(
  api: Api,
  state: LabState,
  details: Details,
  also: { acknowledged: string[]; figures: Figure[]; words: string[] },
  progress: (text: string) => void
): Promise<Published> {
  const { context } = state.panel;
  writeAlt(state, also.figures, also.words);
  progress('Saving the notebook…');
  await context.save();
  progress('Publishing…');
  const { message, title, description, visibility } = details;
  const { tags, license } = changes(state, details);
  const published = await api.publish({
    path: state.path,
    title,
    description,
    visibility,
    acknowledged: also.acknowledged,
    ...(tags ? { tags } : {}),
    ...(license === undefined ? {} : { license }),
    ...(message ? { message } : {})
  });
  if (state.remember(published.metadata)) {
    await context.save();
  }
  state.set(published.lab, true);
  return published;
}
