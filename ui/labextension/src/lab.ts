/** What is known about the lab of one open notebook. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import { JSONExt, type JSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import type { Api } from './api';
import { type ApiError, asApiError } from './errors';
import type { Lab, Visibility } from './wire';

const METADATA = 'mlabs';

export class LabState implements IDisposable {
  readonly changed = new Signal<this, void>(this);
  readonly ready: Promise<void>;
  lab: Lab | null = null;
  /** Somebody else's lab that the notebook comes from, while it is no lab of one's own. */
  source: string | null = null;
  /** Who sees the lab that a first publish makes, where what the notebook comes from decides that. */
  visibility: Visibility | null = null;
  /** Whether the notebook names a lab that is not there for this person. */
  lost = false;
  /** Whether the notebook differs from its latest version. */
  edited = false;
  error: ApiError | null = null;
  isDisposed = false;
  private metadataOnly = false;

  constructor(
    readonly panel: NotebookPanel,
    private readonly api: Api
  ) {
    this.ready = panel.context.ready.then(() => this.start());
    panel.disposed.connect(() => this.dispose());
  }

  get path(): string {
    return this.panel.context.localPath;
  }

  async refresh(): Promise<void> {
    try {
      const { lab, source, dirty, visibility, lost } = await this.api.lab(this.path);
      this.lab = lab;
      this.source = source;
      this.visibility = visibility;
      this.lost = lost;
      this.edited = dirty || (this.edited && this.panel.context.model.dirty);
      this.error = null;
    } catch (reason) {
      this.error = asApiError(reason);
    }
    this.changed.emit();
  }

  /** Take over what the service says now; `clean` where the notebook is just the latest version. */
  set(lab: Lab, clean: boolean): void {
    this.lab = lab;
    this.source = null;
    this.lost = false;
    this.error = null;
    this.edited = this.edited && !clean;
    this.changed.emit();
  }

  /** Note in the notebook which lab it is; returns whether that changed it. */
  remember(metadata: JSONObject): boolean {
    const { model } = this.panel.context;
    const old: unknown = model.getMetadata(METADATA);
    const known = typeof old === 'object' && old !== null ? (old as JSONObject) : {};
    const wanted = { ...known, ...metadata };
    if (JSONExt.deepEqual(known, wanted)) {
      return false;
    }
    model.setMetadata(METADATA, wanted);
    return true;
  }

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  private async start(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    const { context } = this.panel;
    context.model.metadataChanged.connect(this.onMetadata, this);
    context.model.contentChanged.connect(this.onContent, this);
    context.pathChanged.connect(() => void this.refresh());
    await this.refresh();
  }

  // The model reports a change of metadata (a kernel writes its language there) as one of the content, too.
  private onMetadata(): void {
    this.metadataOnly = true;
  }

  // On the typing path: no more than a flag.
  private onContent(): void {
    if (this.metadataOnly) {
      this.metadataOnly = false;
    } else if (!this.edited) {
      this.edited = true;
      this.changed.emit();
    }
  }
}
