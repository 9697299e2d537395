/** Puts the Resources into the right sidebar. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';

import { resourcesIcon } from '../icons';
import { ILabs } from '../labs';
import { showPanel } from '../side_panel';
import { COMMAND, PLUGIN, RESOURCES_PANEL } from '../tokens';
import { ResourcesModel } from './model';
import { ResourcesPanel } from './panel';

export const resources: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.resources,
  description: 'What kernel and server use, and what they may, in a sidebar.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    labs: ILabs,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null
  ) => {
    const panel = new ResourcesPanel(new ResourcesModel(labs.api, tracker));
    app.shell.add(panel, 'right', { rank: 210, type: 'MLabs' });
    app.commands.addCommand(COMMAND.resources, {
      label: 'View Resources',
      caption: 'Memory, CPU, GPU and disk: what is used, and what there is',
      icon: resourcesIcon,
      execute: () => showPanel(app.shell, RESOURCES_PANEL)
    });
    palette?.addItem({ command: COMMAND.resources, category: 'MLabs' });
  }
};
