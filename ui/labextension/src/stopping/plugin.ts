/** "Disconnect and Delete Runtime": ends this server, and says before what that keeps. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog, showErrorMessage } from '@jupyterlab/apputils';

import { advice, asApiError } from '../errors';
import { ILabs } from '../labs';
import { saveAll } from '../saving';
import { COMMAND, PLUGIN } from '../tokens';
import { STOPPING } from './wording';

async function confirmed(): Promise<boolean> {
  const answer = await showDialog({
    title: STOPPING.title,
    body: STOPPING.body,
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: STOPPING.accept })]
  });
  return answer.button.accept;
}

async function stop(app: JupyterFrontEnd, labs: ILabs): Promise<void> {
  if (!(await confirmed())) {
    return;
  }
  try {
    await saveAll(app.commands);
    await labs.api.send('POST', 'stop', {}, {});
    window.location.assign(labs.page);
  } catch (reason) {
    const error = asApiError(reason);
    await showErrorMessage(STOPPING.failed, `${error.message} ${advice(error)}`.trim());
  }
}

export const stopping: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.stopping,
  description: 'Ends this server when its person asks for it.',
  autoStart: true,
  requires: [ILabs],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, labs: ILabs, palette: ICommandPalette | null) => {
    app.commands.addCommand(COMMAND.stop, {
      label: STOPPING.label,
      caption: STOPPING.caption,
      execute: () => stop(app, labs)
    });
    palette?.addItem({ command: COMMAND.stop, category: 'MLabs' });
  }
};
