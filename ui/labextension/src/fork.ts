/** The Fork button: shown where the notebook comes from someone else. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  IToolbarWidgetRegistry,
  showDialog,
  showErrorMessage
} from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ToolbarButton } from '@jupyterlab/ui-components';

import { advice, asApiError } from './errors';
import { forkIcon } from './icons';
import { ILabs } from './labs';
import { absolute } from './links';
import { COMMAND, PLUGIN, TOOLBAR } from './tokens';

/** Fork the lab that the notebook comes from, and open the fork in place of this page. */
async function forkSource(labs: ILabs, source: string): Promise<void> {
  const answer = await showDialog({
    title: `Fork @${source}?`,
    body:
      'You get a lab of your own that begins as a copy of its latest version, and it opens here. ' +
      'To fork it together with changes that you made in this notebook, use Share instead.',
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Fork' })]
  });
  if (!answer.button.accept) {
    return;
  }
  try {
    const { open_url: url } = await labs.api.fork(source);
    window.location.assign(absolute(url, labs.origin));
  } catch (reason) {
    const error = asApiError(reason);
    await showErrorMessage(`@${source} was not forked`, `${error.message} ${advice(error)}`.trim());
  }
}

function button(labs: ILabs, panel: NotebookPanel): ToolbarButton {
  const state = labs.of(panel);
  const widget = new ToolbarButton({
    label: 'Fork',
    icon: forkIcon,
    tooltip: 'Make a lab of your own from this one',
    onClick: () => {
      if (state.source !== null) {
        void forkSource(labs, state.source);
      }
    }
  });
  widget.addClass('mlabs-Fork');
  const show = (): void => widget.setHidden(state.source === null);
  show();
  state.changed.connect(show);
  return widget;
}

export const fork: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.fork,
  description: 'Forks the lab that a notebook comes from.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker, IToolbarWidgetRegistry, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    labs: ILabs,
    tracker: INotebookTracker | null,
    toolbars: IToolbarWidgetRegistry | null,
    palette: ICommandPalette | null
  ) => {
    const source = (): string | null => {
      const panel = tracker?.currentWidget;
      return panel ? labs.of(panel).source : null;
    };
    app.commands.addCommand(COMMAND.fork, {
      label: 'Fork This Lab…',
      caption: 'Make a lab of your own from this one',
      icon: forkIcon,
      isEnabled: () => source() !== null,
      execute: async () => {
        const lab = source();
        if (lab !== null) {
          await forkSource(labs, lab);
        }
      }
    });
    toolbars?.addFactory<NotebookPanel>('Notebook', TOOLBAR.fork, panel => button(labs, panel));
    palette?.addItem({ command: COMMAND.fork, category: 'MLabs' });
  }
};
