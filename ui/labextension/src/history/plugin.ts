/** Puts the History into the right sidebar and follows the current notebook. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';

import { historyIcon } from '../icons';
import { ILabs } from '../labs';
import { showPanel } from '../side_panel';
import { COMMAND, HISTORY_PANEL, PLUGIN } from '../tokens';
import { HistoryActions } from './actions';
import { HistoryModel } from './model';
import { HistoryPanel } from './panel';

function activate(
  app: JupyterFrontEnd,
  labs: ILabs,
  tracker: INotebookTracker | null,
  palette: ICommandPalette | null
): void {
  if (tracker === null) {
    return;
  }
  const model = new HistoryModel(labs);
  const follow = (): void => model.follow(tracker.currentWidget ? labs.of(tracker.currentWidget) : null);
  tracker.currentChanged.connect(follow);
  follow();
  const actions = new HistoryActions(model, app.serviceManager.contents, app.commands);
  app.commands.commandExecuted.connect((_, { id, result }) => {
    if (id === COMMAND.background) {
      void result.finally(() => model.refreshIn(0));
    }
  });
  app.shell.add(new HistoryPanel(model, actions), 'right', { rank: 200, type: 'MLabs' });
  app.commands.addCommand(COMMAND.history, {
    label: 'Show History of This Notebook',
    caption: 'The runs of this notebook',
    icon: historyIcon,
    execute: () => showPanel(app.shell, HISTORY_PANEL)
  });
  palette?.addItem({ command: COMMAND.history, category: 'MLabs' });
}

export const history: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.history,
  description: 'The runs of the current notebook, in a sidebar.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker, ICommandPalette],
  activate
};
