/** "Run All in Background": saves the notebook, has a run of it queued, and says where to follow that. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';

import { advice, asApiError } from './errors';
import { backgroundIcon } from './icons';
import { ILabs } from './labs';
import { absolute } from './links';
import { COMMAND, PLUGIN } from './tokens';
import type { Run } from './wire';
import { BACKGROUND } from './wording';

// Long enough to be read and clicked.
const SHOWN = 20_000;

async function runInBackground(labs: ILabs, panel: NotebookPanel): Promise<void> {
  const state = labs.of(panel);
  const asked = panel.context
    .save()
    .then(() => labs.api.background(state.path))
    .then(async answer => {
      if (state.remember(answer.metadata)) {
        await panel.context.save();
        await state.refresh();
      }
      return answer.run;
    });
  const id = Notification.emit(BACKGROUND.asking, 'in-progress', { autoClose: false });
  try {
    const run = await asked;
    Notification.update({
      id,
      message: BACKGROUND.queued,
      type: 'success',
      autoClose: SHOWN,
      actions: [{ label: BACKGROUND.follow, callback: () => follow(labs, run), displayType: 'accent' }]
    });
  } catch (reason) {
    const error = asApiError(reason);
    const message = `${BACKGROUND.failed} ${error.message} ${advice(error)}`.trim();
    Notification.update({ id, message, type: 'error', autoClose: false });
  }
}

function follow(labs: ILabs, run: Run): void {
  window.open(absolute(run.url, labs.origin), '_blank', 'noopener');
}

export const background: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.background,
  description: 'Runs notebooks in the background.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    labs: ILabs,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null
  ) => {
    app.commands.addCommand(COMMAND.background, {
      label: BACKGROUND.label,
      caption: BACKGROUND.caption,
      icon: backgroundIcon,
      isEnabled: () => tracker !== null && tracker.currentWidget !== null,
      execute: async () => {
        const panel = tracker?.currentWidget;
        if (panel) {
          await runInBackground(labs, panel);
        }
      }
    });
    tracker?.currentChanged.connect(() => app.commands.notifyCommandChanged(COMMAND.background));
    palette?.addItem({ command: COMMAND.background, category: 'MLabs' });
  }
};
