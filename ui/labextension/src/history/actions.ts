/** What can be done with a run of the history: compare it, get it back, repeat it. */

import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { ISharedNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import type { CommandRegistry } from '@lumino/commands';

import { advice, asApiError } from '../errors';
import { absolute } from '../links';
import { exact } from '../time';
import { openComparison } from './compare';
import type { HistoryModel } from './model';
import * as requests from './requests';
import { apply, consequence, keepCopy, plan, present } from './restore';
import type { PastRun } from './wire';

/** Milliseconds: long enough to be read and clicked. */
const SHOWN = 20_000;

export class HistoryActions {
  readonly origin: string;

  constructor(
    private readonly model: HistoryModel,
    private readonly contents: Contents.IManager,
    private readonly commands: CommandRegistry
  ) {
    this.origin = model.labs.origin;
  }

  compare(run: PastRun): void {
    const { state } = this.model;
    if (state !== null) {
      openComparison(this.model.labs.api, state.panel, this.model.runs ?? [run], run);
    }
  }

  async again(run: PastRun): Promise<void> {
    const { state } = this.model;
    if (state === null) {
      return;
    }
    const id = Notification.emit('Asking for the same run in the background…', 'in-progress', { autoClose: false });
    try {
      const { url } = await requests.again(this.model.labs.api, state.path, run.id);
      const callback = (): void => void window.open(absolute(url, this.origin), '_blank', 'noopener');
      const actions = [{ label: 'Follow the run', callback, displayType: 'accent' as const }];
      const message = 'It runs again in the background, with the same code and parameters.';
      Notification.update({ id, message, type: 'success', autoClose: SHOWN, actions });
      this.model.refreshIn(0);
    } catch (reason) {
      Notification.update({ id, message: failed('It does not run again.', reason), type: 'error', autoClose: false });
    }
  }

  async restore(run: PastRun): Promise<void> {
    const panel = this.model.state?.panel;
    const notebook = panel?.content.model?.sharedModel;
    if (panel === undefined || notebook === undefined) {
      return;
    }
    if (panel.context.model.readOnly) {
      Notification.error('This notebook is read-only: save a copy under another name (File → Save Notebook As…).');
      return;
    }
    try {
      const cells = await requests.executed(this.model.labs.api, run.id);
      const answer = await showDialog({
        title: 'Restore this run into the notebook?',
        body: `${exact(Date.parse(run.started))}. ${consequence(plan(present(notebook), cells))} The notebook as it is now is kept in a file beside it.`,
        buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Restore' })]
      });
      if (answer.button.accept) {
        const copy = await keepCopy(panel, this.contents);
        apply(notebook, plan(present(notebook), cells));
        this.tell(panel, notebook, copy);
      }
    } catch (reason) {
      Notification.error(failed('It was not restored.', reason), { autoClose: false });
    }
  }

  private tell(panel: NotebookPanel, notebook: ISharedNotebook, copy: string): void {
    Notification.success(`Restored. What was there before is in ${copy}.`, {
      autoClose: SHOWN,
      actions: [
        { label: 'Undo', callback: () => void (panel.isDisposed || notebook.undo()) },
        { label: 'Open the copy', callback: () => void this.commands.execute('docmanager:open', { path: copy }) }
      ]
    });
  }
}

function failed(what: string, reason: unknown): string {
  const error = asApiError(reason);
  return `${what} ${error.message} ${advice(error)}`.trim();
}
