/** What the Share dialog does, and how far it is. */

import * as React from 'react';

import { type ApiError, asApiError } from '../errors';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import { visibilityLabel } from '../wording';
import { type Figure, figuresOf } from './figures';
import type { Guard } from './guarding';
import { changes, type Details, initialDetails, publish } from './publish';
import type { Finding } from './wire';

export interface Actions {
  details: Details;
  setDetails: (details: Details) => void;
  /** Pictures without words, and the words that they get. */
  figures: Figure[];
  words: string[];
  setWords: (words: string[]) => void;
  /** What goes on now; empty where nothing does. */
  busy: string;
  /** What was achieved. */
  done: string;
  error: ApiError | null;
  publish: () => Promise<void>;
  saveSettings: () => Promise<void>;
  /** From what was achieved back to the form. */
  again: () => void;
}

// What a person has typed, for when the dialog is opened again without anything having been published.
const TYPED = new WeakMap<LabState, Details>();

export function useActions(labs: ILabs, state: LabState, guard: Guard): Actions {
  const [details, keepDetails] = React.useState<Details>(() => TYPED.get(state) ?? initialDetails(state));
  const [figures, setFigures] = React.useState<Figure[]>(() => figuresOf(state));
  const [words, setWords] = React.useState<string[]>([]);
  React.useEffect(() => setFigures(figuresOf(state)), [state, guard.findings]);
  const setDetails = (typed: Details): void => {
    TYPED.set(state, typed);
    keepDetails(typed);
  };
  const [error, setError] = React.useState<ApiError | null>(state.error);
  const [busy, setBusy] = React.useState('');
  const [done, setDone] = React.useState('');
  const run = async (first: string, action: () => Promise<string>): Promise<void> => {
    setBusy(first);
    setError(null);
    setDone('');
    try {
      setDone(await action());
      TYPED.delete(state);
      keepDetails(initialDetails(state));
      setFigures(figuresOf(state));
      setWords([]);
    } catch (reason) {
      const failure = asApiError(reason);
      setError(failure);
      if (failure.code === 'guard_stopped') {
        guard.pass((failure.detail['findings'] ?? []) as Finding[]);
      }
    } finally {
      setBusy('');
    }
  };
  return {
    details,
    setDetails,
    figures,
    words,
    setWords,
    busy,
    done,
    error,
    publish: () => {
      const also = { acknowledged: [...guard.meant], figures, words };
      return run('Saving the notebook…', () => publishNow(labs, state, details, also, setBusy));
    },
    saveSettings: () =>
      run('Saving the settings…', async () => {
        state.set(await labs.api.change(state.path, changes(state, details)), false);
        return 'The settings are saved.';
      }),
    again: () => setDone('')
  };
}

async function publishNow(
  labs: ILabs,
  state: LabState,
  details: Details,
  also: { acknowledged: string[]; figures: Figure[]; words: string[] },
  progress: (text: string) => void
): Promise<string> {
  const { lab, unchanged, note } = await publish(labs.api, state, details, also, progress);
  const fact = `version ${lab.version} is ${visibilityLabel(lab.visibility).toLowerCase()}.`;
  const told = unchanged ? `Nothing in the notebook had changed: ${fact}` : `Published: ${fact}`;
  return note ? `${told} ${note}` : told;
}
