/** Says in the notebook toolbar how many watch. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';

import { ILabs } from '../labs';
import { PLUGIN, TOOLBAR } from '../tokens';
import { watchingChip } from './chip';
import { WatchingModel } from './model';

function activate(_: JupyterFrontEnd, labs: ILabs, toolbars: IToolbarWidgetRegistry | null): void {
  toolbars?.addFactory<NotebookPanel>('Notebook', TOOLBAR.watching, panel =>
    watchingChip(new WatchingModel(panel, labs), labs.origin)
  );
}

export const watching: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.watching,
  description: 'Says how many watch the newest run of a notebook.',
  autoStart: true,
  requires: [ILabs],
  optional: [IToolbarWidgetRegistry],
  activate
};
