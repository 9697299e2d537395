/** Tells the server which executions belong to a "Run all", so that it is a run of its own. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { Cell } from '@jupyterlab/cells';
import { INotebookTracker, type Notebook, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import type { CommandRegistry } from '@lumino/commands';

import { ILabs } from './labs';
import { PLUGIN } from './tokens';

// `runmenu:run-all` and `runmenu:restart-and-run-all` (after its dialog) end in this command, too.
const RUN_ALL = 'notebook:run-all-cells';
const RESTART_AND_RUN_ALL = 'notebook:restart-run-all';

/** The ids of the cells that will run: JupyterLab skips empty ones. */
export function runnable(notebook: Notebook): string[] {
  return notebook.widgets
    .map(cell => cell.model)
    .filter(model => model.type === 'code' && model.sharedModel.getSource().trim() !== '')
    .map(model => model.id);
}

class RunAllMarker {
  /** Notebooks that wait for the answer to "Restart kernel?". */
  private readonly asked = new Set<Notebook>();

  constructor(
    private readonly labs: ILabs,
    private readonly tracker: INotebookTracker
  ) {}

  onCommand(_: CommandRegistry, executed: CommandRegistry.ICommandExecutedArgs): void {
    const panel = this.tracker.currentWidget;
    if (panel === null) {
      return;
    }
    if (executed.id === RUN_ALL) {
      this.mark(panel);
    } else if (executed.id === RESTART_AND_RUN_ALL) {
      this.asked.add(panel.content);
      const answered = (): boolean => this.asked.delete(panel.content);
      executed.result.then(answered, answered);
    }
  }

  onScheduled(_: unknown, scheduled: { notebook: Notebook; cell: Cell }): void {
    const panel = this.tracker.find(candidate => candidate.content === scheduled.notebook);
    if (panel !== undefined && this.asked.delete(scheduled.notebook)) {
      this.mark(panel);
    }
  }

  private mark(panel: NotebookPanel): void {
    const cells = runnable(panel.content);
    if (cells.length > 0) {
      this.labs.api.runAll(panel.context.localPath, cells).catch((reason: unknown) => {
        // The cells run all the same; they only are recorded as part of the interactive run.
        console.warn('MLabs could not mark this "Run all":', reason);
      });
    }
  }
}

export const runAll: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.runAll,
  description: 'Marks each "Run all" as a run of its own.',
  autoStart: true,
  requires: [ILabs],
  optional: [INotebookTracker],
  activate: (app: JupyterFrontEnd, labs: ILabs, tracker: INotebookTracker | null) => {
    if (tracker !== null) {
      const marker = new RunAllMarker(labs, tracker);
      app.commands.commandExecuted.connect(marker.onCommand, marker);
      NotebookActions.executionScheduled.connect(marker.onScheduled, marker);
    }
  }
};
