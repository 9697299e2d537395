/** What the bar of a lab does to the lab. */

import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';

import { advice, asApiError } from '../errors';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import type { Lab, LabChange, Visibility } from '../wire';
import { widening } from './wording';

async function change(labs: ILabs, state: LabState, fields: LabChange): Promise<boolean> {
  try {
    state.set(await labs.api.change(state.path, fields), false);
    return true;
  } catch (reason) {
    const error = asApiError(reason);
    await showErrorMessage('The lab was not changed', `${error.message} ${advice(error)}`.trim());
    return false;
  }
}

export function rename(labs: ILabs, state: LabState, title: string): Promise<boolean> {
  return change(labs, state, { title });
}

/** Change who sees a lab; more people only once that is confirmed. */
export async function show(labs: ILabs, state: LabState, lab: Lab, to: Visibility): Promise<void> {
  const asked = widening(lab, to);
  if (asked !== null) {
    const { title, body, accept } = asked;
    const buttons = [Dialog.cancelButton(), Dialog.okButton({ label: accept })];
    const answer = await showDialog({ title, body, buttons });
    if (!answer.button.accept) {
      state.changed.emit();
      return;
    }
  }
  await change(labs, state, { visibility: to });
}
