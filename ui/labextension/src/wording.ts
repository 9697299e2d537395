/** What states and choices are called, in one place. */

import type { Lab, Visibility } from './wire';

export const VISIBILITIES: { value: Visibility; label: string; sentence: string }[] = [
  { value: 'public', label: 'Public', sentence: 'Everyone can find it, view it and fork it.' },
  { value: 'unlisted', label: 'Unlisted', sentence: 'Everyone with the link can view it; no list or search has it.' },
  { value: 'private', label: 'Private', sentence: 'Only you, and those with whom you share it.' }
];

export const BACKGROUND = {
  label: 'Run All in Background',
  caption: 'Save, and run all cells on a server of their own, which goes on when this tab is closed',
  asking: 'Saving the notebook, and asking for a run in the background…',
  queued: 'The notebook runs in the background. You can close this tab.',
  follow: 'Follow the run',
  failed: 'It does not run in the background.'
} as const;

export function visibilityLabel(value: Visibility): string {
  return VISIBILITIES.find(choice => choice.value === value)?.label ?? value;
}

/** `"Draft"`, or `"Public · v3"`, or `"Public · v3 · unpublished changes"`. */
export function stateLabel(lab: Lab | null, edited: boolean): string {
  if (lab === null || lab.version === 0) {
    return 'Draft';
  }
  const state = `${visibilityLabel(lab.visibility)} · v${lab.version}`;
  return edited ? `${state} · unpublished changes` : state;
}
