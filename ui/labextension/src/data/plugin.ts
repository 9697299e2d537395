/** Puts the Data panel into the right sidebar; it follows the current notebook. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';

import { dataIcon } from '../icons';
import { ILabs } from '../labs';
import { showPanel } from '../side_panel';
import { COMMAND, DATA_PANEL, PLUGIN } from '../tokens';
import { openAddData } from './add';
import { DataModel } from './model';
import { DataPanel } from './panel';

function activate(
  app: JupyterFrontEnd,
  labs: ILabs,
  tracker: INotebookTracker | null,
  palette: ICommandPalette | null
): void {
  if (tracker === null) {
    return;
  }
  const model = new DataModel(labs);
  const follow = (): void => {
    model.follow(tracker.currentWidget ? labs.of(tracker.currentWidget) : null);
    app.commands.notifyCommandChanged(COMMAND.addData);
  };
  const panel = new DataPanel(model, accelerator => {
    void app.commands.execute(COMMAND.runtime, { accelerator });
  });
  app.commands.addCommand(COMMAND.data, {
    label: 'Show Data of This Notebook',
    caption: 'The datasets that this notebook uses',
    icon: dataIcon,
    execute: () => showPanel(app.shell, DATA_PANEL)
  });
  app.commands.addCommand(COMMAND.addData, {
    label: 'Add Data…',
    caption: 'Find datasets, models and outputs of runs, and use them in this notebook',
    icon: dataIcon,
    isEnabled: () => model.state !== null,
    execute: () => {
      void showPanel(app.shell, DATA_PANEL);
      openAddData(model);
    }
  });
  tracker.currentChanged.connect(follow);
  follow();
  app.shell.add(panel, 'right', { rank: 190, type: 'MLabs' });
  for (const command of [COMMAND.data, COMMAND.addData]) {
    palette?.addItem({ command, category: 'MLabs' });
  }
}

export const data: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.data,
  description: 'The datasets of the current notebook, in a sidebar, and a search for more.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker, ICommandPalette],
  activate
};
