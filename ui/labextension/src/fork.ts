/** Forks the lab that a notebook comes from, where that is somebody else's. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';

import { advice, asApiError } from './errors';
import { forkIcon } from './icons';
import { ILabs } from './labs';
import { absolute } from './links';
import { COMMAND, PLUGIN } from './tokens';

/** Fork the lab that the notebook comes from, and open the fork in place of this page. */
async function forkSource(labs: ILabs, source: string): Promise<void> {
  const answer = await showDialog({
    title: `Fork @${source}?`,
    body:
      'You get a lab of your own that begins as a copy of its latest version, and it opens here. ' +
      'To fork it together with changes that you made in this notebook, use Share instead.',
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Fork' })]
  });
  if (!answer.button.accept) {
    return;
  }
  try {
    const { open_url: url } = await labs.api.fork(source);
    window.location.assign(absolute(url, labs.origin));
  } catch (reason) {
    const error = asApiError(reason);
    await showErrorMessage(`@${source} was not forked`, `${error.message} ${advice(error)}`.trim());
  }
}

export const fork: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.fork,
  description: 'Forks the lab that a notebook comes from.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    labs: ILabs,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null
  ) => {
    const source = (): string | null => {
      const panel = tracker?.currentWidget;
      return panel ? labs.of(panel).source : null;
    };
    app.commands.addCommand(COMMAND.fork, {
      label: 'Fork This Lab…',
      caption: 'Make a lab of your own from this one',
      icon: forkIcon,
      isEnabled: () => source() !== null,
      execute: async () => {
        const lab = source();
        if (lab !== null) {
          await forkSource(labs, lab);
        }
      }
    });
    palette?.addItem({ command: COMMAND.fork, category: 'MLabs' });
  }
};
