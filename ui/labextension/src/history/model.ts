/** The runs of the current notebook, kept fresh while somebody looks and something runs. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { type ApiError, asApiError } from '../errors';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import type { Run } from '../wire';

const PAGE = 20;
/** Milliseconds: between two looks at a run that is busy. */
const POLL = 3000;
/** Milliseconds: for the recorder to hand on what the kernel just did. */
const SETTLE = 1500;

export function isMoving(run: Run): boolean {
  return run.status === 'queued' || run.status === 'starting' || (run.status === 'running' && run.busy);
}

/** The newest page over what was loaded before it: known runs are replaced, older ones stay. */
export function merge(newest: Run[], loaded: Run[]): Run[] {
  const ids = new Set(newest.map(run => run.id));
  const oldest = newest.at(-1);
  const older = (run: Run): boolean => oldest !== undefined && run.started <= oldest.started;
  return [...newest, ...loaded.filter(run => !ids.has(run.id) && older(run))];
}

export class HistoryModel {
  readonly changed = new Signal<this, void>(this);
  state: LabState | null = null;
  /** Null until the first answer. */
  runs: Run[] | null = null;
  error: ApiError | null = null;
  /** Why the list may lack runs. */
  unavailable: string | null = null;
  loadingMore = false;
  private next: string | null = null;
  private timer = 0;
  private asking = 0;
  private visible = false;
  private session: ISessionContext | null = null;

  constructor(private readonly labs: ILabs) {}

  get hasMore(): boolean {
    return this.next !== null;
  }

  follow(state: LabState | null): void {
    if (this.state === state) {
      return;
    }
    this.session?.statusChanged.disconnect(this.onKernel, this);
    this.state?.changed.disconnect(this.onLab, this);
    this.state = state;
    this.session = state?.panel.sessionContext ?? null;
    this.session?.statusChanged.connect(this.onKernel, this);
    state?.changed.connect(this.onLab, this);
    this.runs = null;
    this.next = null;
    this.error = null;
    this.changed.emit();
    this.refreshIn(0);
  }

  show(visible: boolean): void {
    this.visible = visible;
    this.refreshIn(0);
  }

  async loadMore(): Promise<void> {
    const { state } = this;
    if (state === null || this.next === null || this.loadingMore) {
      return;
    }
    this.loadingMore = true;
    this.changed.emit();
    try {
      const page = await this.labs.api.history(state.path, PAGE, this.next);
      if (state === this.state) {
        this.runs = [...(this.runs ?? []), ...page.items];
        this.next = page.next;
      }
    } catch (reason) {
      this.error = asApiError(reason);
    }
    this.loadingMore = false;
    this.changed.emit();
  }

  refreshIn(delay: number): void {
    window.clearTimeout(this.timer);
    if (this.visible && this.state !== null && !document.hidden) {
      this.timer = window.setTimeout(() => void this.refresh(), delay);
    }
  }

  private async refresh(): Promise<void> {
    const { state } = this;
    if (state === null) {
      return;
    }
    const asked = ++this.asking;
    try {
      await state.ready;
      const page = await this.labs.api.history(state.path, PAGE);
      if (asked !== this.asking || state !== this.state) {
        return;
      }
      this.next = this.runs !== null && this.runs.length > PAGE ? this.next : page.next;
      this.runs = merge(page.items, this.runs ?? []);
      this.unavailable = page.unavailable;
      this.error = null;
    } catch (reason) {
      this.error = asApiError(reason);
    }
    this.changed.emit();
    if (this.runs?.some(isMoving)) {
      this.refreshIn(POLL);
    }
  }

  private onKernel(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'idle' || status === 'busy' || status === 'dead' || status === 'restarting') {
      this.refreshIn(SETTLE);
    }
  }

  private onLab(): void {
    if (this.runs === null || this.error !== null) {
      this.refreshIn(0);
    }
  }
}
