/** The Share button, its command, and the lab's state in the notebook toolbar. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';

import { shareIcon } from '../icons';
import { ILabs } from '../labs';
import { stateChip } from '../state_chip';
import { COMMAND, PLUGIN, TOOLBAR } from '../tokens';
import { openShare } from './share';

function activate(
  app: JupyterFrontEnd,
  labs: ILabs,
  tracker: INotebookTracker | null,
  toolbars: IToolbarWidgetRegistry | null,
  palette: ICommandPalette | null
): void {
  app.commands.addCommand(COMMAND.share, {
    label: 'Share This Notebook…',
    caption: 'Share: publish this notebook, or copy its link, embed or badge',
    icon: shareIcon,
    isEnabled: () => tracker !== null && tracker.currentWidget !== null,
    execute: () => {
      const panel = tracker?.currentWidget;
      if (panel) {
        openShare(labs, labs.of(panel));
      }
    }
  });
  tracker?.currentChanged.connect(() => app.commands.notifyCommandChanged(COMMAND.share));
  toolbars?.addFactory<NotebookPanel>('Notebook', TOOLBAR.state, panel => {
    const state = labs.of(panel);
    return stateChip(state, () => openShare(labs, state));
  });
  palette?.addItem({ command: COMMAND.share, category: 'MLabs' });
}

export const share: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.share,
  description: 'Publishes notebooks and shows how they are shared.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker, IToolbarWidgetRegistry, ICommandPalette],
  activate
};
