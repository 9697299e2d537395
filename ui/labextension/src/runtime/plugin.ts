/** Compares, shows and changes the runtime of notebooks. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';

import { ILabs } from '../labs';
import { COMMAND, PLUGIN, TOOLBAR } from '../tokens';
import { runtimeBar } from './bar';
import { runtimeChip } from './chip';
import { openRuntime } from './dialog';
import { RuntimeModel } from './model';

function activate(
  app: JupyterFrontEnd,
  labs: ILabs,
  tracker: INotebookTracker | null,
  toolbars: IToolbarWidgetRegistry | null,
  palette: ICommandPalette | null
): void {
  const models = new WeakMap<NotebookPanel, RuntimeModel>();
  const of = (panel: NotebookPanel): RuntimeModel => {
    let model = models.get(panel);
    if (model === undefined) {
      model = new RuntimeModel(panel, labs, app.commands);
      models.set(panel, model);
      panel.contentHeader.addWidget(runtimeBar(model));
    }
    return model;
  };
  app.commands.addCommand(COMMAND.runtime, {
    label: 'Change Runtime…',
    caption: 'Run this notebook in another environment, or on another accelerator',
    isEnabled: () => tracker !== null && tracker.currentWidget !== null,
    execute: () => {
      const panel = tracker?.currentWidget;
      if (panel) {
        openRuntime(of(panel));
      }
    }
  });
  tracker?.widgetAdded.connect((_, panel) => of(panel));
  tracker?.forEach(of);
  tracker?.currentChanged.connect(() => app.commands.notifyCommandChanged(COMMAND.runtime));
  toolbars?.addFactory<NotebookPanel>('Notebook', TOOLBAR.runtime, panel => {
    const model = of(panel);
    return runtimeChip(model, () => openRuntime(model));
  });
  palette?.addItem({ command: COMMAND.runtime, category: 'MLabs' });
}

export const runtime: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.runtime,
  description: 'Compares, shows and changes the runtime of notebooks.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker, IToolbarWidgetRegistry, ICommandPalette],
  activate
};
