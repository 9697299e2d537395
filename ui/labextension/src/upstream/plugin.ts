/** Takes changes of the original into an open notebook, and proposes one's own to it. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';

import { ILabs } from '../labs';
import { COMMAND, PLUGIN } from '../tokens';
import { upstreamBar } from './bar';
import { UpstreamModel } from './model';
import { openPropose } from './propose';
import { openPull } from './pull';

function activate(
  app: JupyterFrontEnd,
  labs: ILabs,
  tracker: INotebookTracker | null,
  palette: ICommandPalette | null
): void {
  const models = new WeakMap<NotebookPanel, UpstreamModel>();
  const of = (panel: NotebookPanel): UpstreamModel => {
    let model = models.get(panel);
    if (model === undefined) {
      const made = (model = new UpstreamModel(panel, labs));
      models.set(panel, made);
      panel.contentHeader.addWidget(upstreamBar(made, () => openPull(made)));
      made.changed.connect(notify);
    }
    return model;
  };
  const notify = (): void => {
    app.commands.notifyCommandChanged(COMMAND.pull);
    app.commands.notifyCommandChanged(COMMAND.propose);
  };
  const current = (): UpstreamModel | null => {
    const panel = tracker?.currentWidget;
    return panel ? of(panel) : null;
  };
  app.commands.addCommand(COMMAND.pull, {
    label: 'Take In Changes of the Original…',
    caption: 'Merge what the original of this fork changed into the open notebook',
    isEnabled: () => current()?.upstream != null,
    execute: () => withModel(current(), openPull)
  });
  app.commands.addCommand(COMMAND.propose, {
    label: 'Propose Changes to the Original…',
    caption: 'Offer what you published to the lab that this is a fork of',
    isEnabled: () => current()?.upstream != null,
    execute: () => withModel(current(), openPropose)
  });
  tracker?.widgetAdded.connect((_, panel) => of(panel));
  tracker?.forEach(of);
  tracker?.currentChanged.connect(notify);
  for (const command of [COMMAND.pull, COMMAND.propose]) {
    palette?.addItem({ command, category: 'MLabs' });
  }
}

function withModel(model: UpstreamModel | null, open: (model: UpstreamModel) => void): void {
  if (model !== null) {
    open(model);
  }
}

export const upstream: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.upstream,
  description: 'Takes in what the original of a fork changed, and proposes changes to it.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker, ICommandPalette],
  activate
};
