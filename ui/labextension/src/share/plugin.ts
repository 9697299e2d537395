/** Share: its command. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';

import { shareIcon } from '../icons';
import { ILabs } from '../labs';
import { COMMAND, PLUGIN } from '../tokens';
import { openShare } from './share';

function activate(
  app: JupyterFrontEnd,
  labs: ILabs,
  tracker: INotebookTracker | null,
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
  palette?.addItem({ command: COMMAND.share, category: 'MLabs' });
}

export const share: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.share,
  description: 'Publishes notebooks and shows how they are shared.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker, ICommandPalette],
  activate
};
