/** How many watch the newest run of a notebook, asked now and then while somebody may. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import { ApiError } from '../errors';
import type { ILabs } from '../labs';
import type { Run } from '../wire';

/** Milliseconds between two questions. */
const POLL = 10_000;

export class WatchingModel {
  readonly changed = new Signal<this, void>(this);
  /** The run that is watched; null where none is. */
  run: Run | null = null;
  private readonly timer: number;

  constructor(
    private readonly panel: NotebookPanel,
    private readonly labs: ILabs
  ) {
    this.timer = window.setInterval(() => void this.ask(), POLL);
    panel.disposed.connect(() => {
      window.clearInterval(this.timer);
      Signal.clearData(this);
    });
  }

  /** Drafts cannot be watched, and who does not look need not know. */
  private get worthwhile(): boolean {
    const { lab } = this.labs.of(this.panel);
    return lab !== null && lab.version > 0 && this.panel.isVisible && !document.hidden;
  }

  private async ask(): Promise<void> {
    if (!this.worthwhile) {
      return;
    }
    let newest: Run | undefined;
    try {
      newest = (await this.labs.api.history(this.panel.context.localPath, 1)).items[0];
    } catch (reason) {
      if (!(reason instanceof ApiError)) {
        throw reason;
      }
      // Who cannot be asked is not known to watch; what is wrong is said where a person asks for something.
    }
    const run = newest !== undefined && newest.watching > 0 ? newest : null;
    if (run?.watching !== this.run?.watching || run?.id !== this.run?.id) {
      this.run = run;
      this.changed.emit();
    }
  }
}
