/** Compares and changes the runtime of notebooks. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';

import { ILabs } from '../labs';
import { COMMAND, PLUGIN } from '../tokens';
import { runtimeBar } from './bar';
import { openRuntime } from './dialog';
import { RuntimeModel } from './model';

export interface IRuntimes {
  of(panel: NotebookPanel): RuntimeModel;
}

export const IRuntimes = new Token<IRuntimes>(
  'mlabs-labextension:IRuntimes',
  'Where open notebooks run, and where they are to.'
);

class Runtimes implements IRuntimes {
  private readonly models = new WeakMap<NotebookPanel, RuntimeModel>();

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly labs: ILabs
  ) {}

  of(panel: NotebookPanel): RuntimeModel {
    let model = this.models.get(panel);
    if (model === undefined) {
      model = new RuntimeModel(panel, this.labs, this.app.commands);
      this.models.set(panel, model);
      panel.contentHeader.addWidget(runtimeBar(model));
    }
    return model;
  }
}

function activate(
  app: JupyterFrontEnd,
  labs: ILabs,
  tracker: INotebookTracker | null,
  palette: ICommandPalette | null
): IRuntimes {
  const runtimes = new Runtimes(app, labs);
  app.commands.addCommand(COMMAND.runtime, {
    label: 'Change Runtime Type…',
    caption: 'Run this notebook in another environment, or on another accelerator',
    isEnabled: () => tracker !== null && tracker.currentWidget !== null,
    // `accelerator` is what is chosen beforehand, where the environment has it.
    execute: args => {
      const panel = tracker?.currentWidget;
      if (panel) {
        const { accelerator } = args;
        openRuntime(runtimes.of(panel), typeof accelerator === 'string' ? accelerator : null);
      }
    }
  });
  tracker?.widgetAdded.connect((_, panel) => void runtimes.of(panel));
  tracker?.forEach(panel => void runtimes.of(panel));
  tracker?.currentChanged.connect(() => app.commands.notifyCommandChanged(COMMAND.runtime));
  palette?.addItem({ command: COMMAND.runtime, category: 'MLabs' });
  return runtimes;
}

export const runtime: JupyterFrontEndPlugin<IRuntimes> = {
  id: PLUGIN.runtime,
  description: 'Compares and changes the runtime of notebooks.',
  autoStart: true,
  provides: IRuntimes,
  requires: [ILabs],
  optional: [INotebookTracker, ICommandPalette],
  activate
};
