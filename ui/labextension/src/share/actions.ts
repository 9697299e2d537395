/** What the Share dialog does, and how far it is. */

import * as React from 'react';

import { type ApiError, asApiError } from '../errors';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import { visibilityLabel } from '../wording';
import { changes, type Details, initialDetails, publish } from './publish';

export interface Actions {
  details: Details;
  setDetails: (details: Details) => void;
  /** What goes on now; empty where nothing does. */
  busy: string;
  /** What was achieved. */
  done: string;
  error: ApiError | null;
  publish: () => Promise<void>;
  saveSettings: () => Promise<void>;
}

export function useActions(labs: ILabs, state: LabState): Actions {
  const [details, setDetails] = React.useState<Details>(() => initialDetails(state));
  const [error, setError] = React.useState<ApiError | null>(state.error);
  const [busy, setBusy] = React.useState('');
  const [done, setDone] = React.useState('');
  const run = async (first: string, action: () => Promise<string>): Promise<void> => {
    setBusy(first);
    setError(null);
    setDone('');
    try {
      setDone(await action());
      setDetails(initialDetails(state));
    } catch (reason) {
      setError(asApiError(reason));
    } finally {
      setBusy('');
    }
  };
  return {
    details,
    setDetails,
    busy,
    done,
    error,
    publish: () => run('Saving the notebook…', () => publishNow(labs, state, details, setBusy)),
    saveSettings: () =>
      run('Saving the settings…', async () => {
        state.set(await labs.api.change(state.path, changes(state, details)), false);
        return 'The settings are saved.';
      })
  };
}

async function publishNow(
  labs: ILabs,
  state: LabState,
  details: Details,
  progress: (text: string) => void
): Promise<string> {
  const { lab, unchanged, note } = await publish(labs.api, state, details, progress);
  const fact = `version ${lab.version} is ${visibilityLabel(lab.visibility).toLowerCase()}.`;
  const told = unchanged ? `Nothing in the notebook had changed: ${fact}` : `Published: ${fact}`;
  return note ? `${told} ${note}` : told;
}
