/** The runs of the current notebook, kept fresh while somebody looks and something runs. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { type ApiError, asApiError } from '../errors';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import * as requests from './requests';
import type { Filter, PastRun, PastRunPage, Series } from './wire';

/** Milliseconds: between two looks at a run that is busy, and else: another tab or the schedule may begin one. */
const POLL = 3000;
const CALM = 20_000;
/** Milliseconds: for the recorder to hand on what the kernel just did. */
const SETTLE = 1500;

export function isMoving(run: PastRun): boolean {
  return run.status === 'queued' || run.status === 'starting' || (run.status === 'running' && run.busy);
}

/** The newest page over what was loaded before it: known runs are replaced, older ones stay. */
export function merge(newest: PastRun[], loaded: PastRun[]): PastRun[] {
  const ids = new Set(newest.map(run => run.id));
  const oldest = newest.at(-1);
  const older = (run: PastRun): boolean => oldest !== undefined && run.started <= oldest.started;
  return [...newest, ...loaded.filter(run => !ids.has(run.id) && older(run))];
}

export class HistoryModel {
  readonly changed = new Signal<this, void>(this);
  state: LabState | null = null;
  /** Null until the first answer. */
  runs: PastRun[] | null = null;
  /** What each run logged, as far as that is known. */
  readonly series = new Map<string, Series[]>();
  filter: Filter = { status: null, kind: null };
  error: ApiError | null = null;
  /** Why the list may lack runs. */
  unavailable: string | null = null;
  loadingMore = false;
  /** The ended runs whose curves are known. */
  private readonly drawn = new Set<string>();
  private next: string | null = null;
  private timer = 0;
  private asking = 0;
  private visible = false;
  private session: ISessionContext | null = null;

  constructor(readonly labs: ILabs) {}

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
    this.series.clear();
    this.drawn.clear();
    this.forget();
  }

  narrow(filter: Filter): void {
    this.filter = filter;
    this.forget();
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
      const { filter } = this;
      const page = await requests.page(this.labs.api, state.path, filter, this.next);
      if (state === this.state && filter === this.filter) {
        this.runs = [...(this.runs ?? []), ...page.items];
        this.next = page.next;
        await this.draw(page.items);
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

  private forget(): void {
    this.runs = null;
    this.next = null;
    this.error = null;
    this.changed.emit();
    this.refreshIn(0);
  }

  private async refresh(): Promise<void> {
    const { state, filter } = this;
    if (state === null) {
      return;
    }
    const asked = ++this.asking;
    const stale = (): boolean => asked !== this.asking || state !== this.state || filter !== this.filter;
    try {
      await state.ready;
      const page = await requests.page(this.labs.api, state.path, filter);
      if (stale()) {
        return;
      }
      this.take(page);
      this.changed.emit();
      await this.draw(page.items);
    } catch (reason) {
      this.error = asApiError(reason);
    }
    if (!stale()) {
      this.changed.emit();
      this.refreshIn(this.runs?.some(isMoving) ? POLL : CALM);
    }
  }

  private take(page: PastRunPage): void {
    const more = this.runs !== null && this.runs.length > page.items.length;
    const whole = page.next === null && page.unavailable === null;
    this.next = more && !whole ? this.next : page.next;
    this.runs = whole ? page.items : merge(page.items, this.runs ?? []);
    this.unavailable = page.unavailable;
    this.error = null;
  }

  /** Have the curves of runs that logged something; those of ended ones are asked for once. */
  private async draw(runs: PastRun[]): Promise<void> {
    const logged = runs.filter(run => Object.keys(run.metrics).length > 0);
    const wanted = logged.filter(run => run.duration === null || !this.drawn.has(run.id));
    if (wanted.length === 0) {
      return;
    }
    const found = await requests.series(this.labs.api, wanted);
    for (const run of wanted) {
      const series = found[run.id];
      if (series !== undefined) {
        this.series.set(run.id, series);
        if (run.duration !== null) {
          this.drawn.add(run.id);
        }
      }
    }
    this.changed.emit();
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
