/** Asks what the server and the current notebook's kernel use, for as long as somebody looks. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import type { Api } from '../api';
import { type ApiError, asApiError } from '../errors';
import { type Row, Series } from './series';
import type { ResourcesNow } from './wire';

/** Milliseconds between two looks. */
const POLL = 2_000;

export class ResourcesModel {
  readonly changed = new Signal<this, void>(this);
  rows: Row[] | null = null;
  /** The notebook whose kernel is shown. */
  notebook: string | null = null;
  error: ApiError | null = null;
  private readonly series = new Series();
  private kernel: string | null = null;
  private shown = false;
  private timer = 0;

  constructor(
    private readonly api: Api,
    private readonly tracker: INotebookTracker | null
  ) {}

  get panel(): NotebookPanel | null {
    return this.tracker?.currentWidget ?? null;
  }

  show(shown: boolean): void {
    if (shown !== this.shown) {
      this.shown = shown;
      this.series.forget();
      this.again(0);
    }
  }

  private again(pause: number): void {
    window.clearTimeout(this.timer);
    if (this.shown) {
      this.timer = window.setTimeout(() => void this.look(), pause);
    }
  }

  private async look(): Promise<void> {
    if (!document.hidden) {
      await this.ask();
      this.changed.emit();
    }
    this.again(POLL);
  }

  private async ask(): Promise<void> {
    const { panel } = this;
    const kernel = panel?.sessionContext.session?.kernel?.id ?? null;
    if (kernel !== this.kernel) {
      this.series.forget();
      this.kernel = kernel;
    }
    try {
      const now = await this.api.send<ResourcesNow>('GET', 'resources', { kernel });
      this.rows = this.series.add(now);
      this.notebook = kernel === null ? null : (panel?.title.label ?? null);
      this.error = null;
    } catch (reason) {
      this.error = asApiError(reason);
    }
  }
}
