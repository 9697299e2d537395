/** Where one open notebook is to run, and where it does. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';
import type { CommandRegistry } from '@lumino/commands';
import type { JSONObject } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';

import { type ApiError, asApiError } from '../errors';
import type { ILabs } from '../labs';
import { absolute } from '../links';
import { saveAll } from '../saving';
import { RUNTIME_MIME } from '../tokens';
import type { RuntimeChoice, RuntimeState } from '../wire';
import { asChoice, same } from './wording';

/** The notebook's metadata that says where it is to run, in our words and others'. */
const KEYS = ['mlabs', 'accelerator', 'kaggle'];

/** After how many seconds a question without an answer is asked again; after the last, a save asks. */
const PATIENCE = [2, 4, 8, 16, 32];

export class RuntimeModel {
  readonly changed = new Signal<this, void>(this);
  state: RuntimeState | null = null;
  /** What went wrong with a change that a cell asked for. */
  error: ApiError | null = null;
  /** A cell asked for a runtime, and it is noted; there may be nothing to restart. */
  noted = false;
  busy = false;
  private later: RuntimeChoice | null = null;
  private failures = 0;
  private timer: number | undefined;
  private seen = '';
  private queue: Promise<void> = Promise.resolve();

  constructor(
    readonly panel: NotebookPanel,
    private readonly labs: ILabs,
    private readonly commands: CommandRegistry
  ) {
    void panel.context.ready.then(() => this.start());
    panel.disposed.connect(() => this.dispose());
  }

  /** Whether the person is to be asked for a restart. */
  get asks(): boolean {
    const { state, later } = this;
    return state !== null && state.restart && !(later !== null && same(later, state.wanted));
  }

  async look(): Promise<void> {
    this.seen = this.words();
    window.clearTimeout(this.timer);
    try {
      this.state = await this.labs.api.runtime(this.path);
      this.failures = 0;
    } catch (reason) {
      console.warn('MLabs could not compare runtimes:', reason);
      this.seen = '';
      this.lookLater();
    }
    this.changed.emit();
  }

  /** Have notebook and lab ask for another runtime. Where that is refused, the notebook is as it was. */
  async change(choice: RuntimeChoice): Promise<RuntimeState> {
    const { model } = this.panel.context;
    const before: unknown = model.getMetadata('mlabs');
    // Saved first: the server, which writes the same, must find nothing to write under an open notebook.
    this.labs.of(this.panel).remember({ ...choice });
    await this.panel.context.save();
    try {
      this.state = await this.labs.api.setRuntime(this.path, choice);
    } catch (reason) {
      restore(model, before);
      await this.panel.context.save();
      throw reason;
    }
    this.later = null;
    this.changed.emit();
    return this.state;
  }

  /** Save everything, and go where the notebook runs as it asks. */
  async restart(): Promise<void> {
    await this.attempt(async () => {
      const { wanted } = this.state as RuntimeState;
      const { restart_url: url } = await this.change(wanted);
      await saveAll(this.commands);
      window.location.assign(absolute(url, this.labs.origin));
    });
  }

  /** Have the notebook ask for what it runs in. */
  async stay(): Promise<void> {
    await this.attempt(async () => {
      const { environment, accelerator } = (this.state as RuntimeState).running;
      await this.change({ environment, accelerator });
    });
  }

  /** Ask no more, until something else is wanted. */
  dismiss(): void {
    this.later = this.state?.wanted ?? null;
    this.noted = false;
    this.error = null;
    this.changed.emit();
  }

  private get path(): string {
    return this.panel.context.localPath;
  }

  private async start(): Promise<void> {
    const { context, sessionContext } = this.panel;
    sessionContext.iopubMessage.connect(this.onMessage, this);
    context.saveState.connect(this.onSave, this);
    await this.look();
  }

  private lookLater(): void {
    const seconds = PATIENCE[this.failures++];
    if (seconds !== undefined && !this.panel.isDisposed) {
      this.timer = window.setTimeout(() => void this.look(), seconds * 1000);
    }
  }

  private dispose(): void {
    window.clearTimeout(this.timer);
    Signal.clearData(this);
  }

  private words(): string {
    const { model } = this.panel.context;
    return JSON.stringify(KEYS.map(key => (model.getMetadata(key) as unknown) ?? null));
  }

  private onSave(_: unknown, state: DocumentRegistry.SaveState): void {
    if (state === 'completed' && !this.busy && this.seen !== this.words()) {
      void this.look();
    }
  }

  /** Only what a kernel says now: an output that was saved with the notebook asks for nothing. */
  private onMessage(_: ISessionContext, message: KernelMessage.IMessage): void {
    const { content } = message as { content: { data?: JSONObject } };
    const choice = asChoice(content.data?.[RUNTIME_MIME]);
    if (choice !== null) {
      this.queue = this.queue.then(() => this.asked(choice));
    }
  }

  private async asked(choice: RuntimeChoice): Promise<void> {
    await this.attempt(async () => {
      await this.change(choice);
      this.noted = true;
    });
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.error = null;
    this.noted = false;
    this.changed.emit();
    try {
      await action();
    } catch (reason) {
      this.error = asApiError(reason);
    } finally {
      this.busy = false;
      this.seen = this.words();
      this.changed.emit();
    }
  }
}

function restore(model: NotebookPanel['context']['model'], metadata: unknown): void {
  if (metadata === undefined) {
    model.deleteMetadata('mlabs');
  } else {
    model.setMetadata('mlabs', metadata);
  }
}
