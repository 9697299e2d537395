/** Puts the bar of a lab above each notebook. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';

import { ILabs } from '../labs';
import { ILimits } from '../limits/plugin';
import { IRuntimes } from '../runtime/plugin';
import { PLUGIN } from '../tokens';
import { WatchingModel } from '../watching/model';
import { labBar } from './bar';

export const bar: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.bar,
  description: 'The bar of a lab: what it is, where it runs, and what to do with it.',
  autoStart: true,
  requires: [ILabs, IRuntimes, ILimits],
  optional: [INotebookTracker],
  activate: (
    app: JupyterFrontEnd,
    labs: ILabs,
    runtimes: IRuntimes,
    limits: ILimits,
    tracker: INotebookTracker | null
  ) => {
    const add = (panel: NotebookPanel): void => {
      const widget = labBar({
        panel,
        labs,
        state: labs.of(panel),
        runtime: runtimes.of(panel),
        watching: new WatchingModel(panel, labs),
        limits,
        commands: app.commands
      });
      panel.contentHeader.insertWidget(0, widget);
    };
    tracker?.forEach(add);
    tracker?.widgetAdded.connect((_, panel) => add(panel));
  }
};
