/** The datasets of the current notebook, kept fresh while somebody looks and something comes. */

import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { Signal } from '@lumino/signaling';

import { type ApiError, asApiError } from '../errors';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import type { RuntimeState } from '../wire';
import { insertCode, insertText } from './insert';
import { Parcels } from './parcels';
import * as requests from './requests';
import { isTable, mainFile, quoted, readsFile } from './snippets';
import type { DataFile, MakeWish, NotebookData, NotebookDataset, Preview } from './wire';

/** Milliseconds between two looks at what comes. */
const POLL = 1000;

export class DataModel {
  readonly changed = new Signal<this, void>(this);
  readonly parcels: Parcels;
  state: LabState | null = null;
  /** Null until the first answer. */
  found: NotebookData | null = null;
  error: ApiError | null = null;
  /** Whether that is about looking: who sees the data again need not read it any more. */
  private blind = false;
  /** What was done, for those who do not see it. */
  said = '';
  runtime: RuntimeState | null = null;
  /** What is here in part since before a reload. */
  unfinished: { path: string; offset: number; size: number }[] = [];
  private timer = 0;
  private asking = 0;
  private visible = false;
  private taking = new Set<string>();
  /** The notebook's `mlabs` metadata as it was looked at last. */
  private seen = '';

  constructor(readonly labs: ILabs) {
    this.parcels = new Parcels(labs.api);
    this.parcels.changed.connect((_, notebook) => {
      this.changed.emit();
      if (notebook !== null) {
        this.refreshIn(0);
      }
    });
  }

  follow(state: LabState | null): void {
    if (this.state === state) {
      return;
    }
    this.state?.changed.disconnect(this.onLab, this);
    this.state?.panel.context.saveState.disconnect(this.onSave, this);
    this.state = state;
    state?.changed.connect(this.onLab, this);
    state?.panel.context.saveState.connect(this.onSave, this);
    this.found = null;
    this.runtime = null;
    this.error = null;
    this.blind = false;
    this.said = '';
    this.changed.emit();
    this.refreshIn(0);
  }

  show(visible: boolean): void {
    this.visible = visible;
    this.refreshIn(0);
    if (visible) {
      void this.parcels.unfinished().then(unfinished => {
        this.unfinished = unfinished;
        this.changed.emit();
      });
    }
  }

  refreshIn(delay: number): void {
    window.clearTimeout(this.timer);
    if (this.visible && this.state !== null) {
      this.timer = window.setTimeout(() => void this.refresh(), delay);
    }
  }

  has(dataset: string): boolean {
    return this.found?.items.some(item => item.dataset === dataset) ?? false;
  }

  /** Use a dataset, in a version or in whichever is the latest. Raises what is wrong with that. */
  async attach(dataset: string, version: number | null, said = `${dataset} is in this notebook now.`): Promise<void> {
    await this.change(state => requests.attach(this.labs.api, state.path, dataset, version), said);
  }

  async detach(item: NotebookDataset): Promise<void> {
    await this.change(
      state => requests.detach(this.labs.api, state.path, item.dataset),
      `${item.dataset} was taken off.`
    );
  }

  /** Do what a button asks for; what is wrong with it is shown above the list. */
  async attempt(action: () => Promise<void>): Promise<void> {
    this.error = null;
    this.blind = false;
    try {
      await action();
    } catch (reason) {
      this.error = asApiError(reason);
    }
    this.changed.emit();
  }

  async make(wish: MakeWish): Promise<void> {
    if (this.state !== null) {
      await requests.make(this.labs.api, this.state.path, wish);
      this.refreshIn(0);
    }
  }

  async dismiss(id: string): Promise<void> {
    await requests.takeNote(this.labs.api, id);
    this.refreshIn(0);
  }

  /** Insert what reads a file of a dataset, by default the file that it is mostly about. */
  async insert(item: NotebookDataset, file?: DataFile, known?: Preview): Promise<void> {
    const panel = this.state?.panel;
    const { dataset, version, path } = item;
    const chosen = file ?? mainFile((await requests.files(this.labs.api, dataset, version)).items);
    if (panel !== undefined && chosen !== null) {
      const looks = known === undefined && isTable(chosen.path);
      const seen = looks ? await requests.preview(this.labs.api, dataset, version, chosen.path) : (known ?? null);
      await insertCode(panel, readsFile(path, chosen.path, seen));
      this.say(`Code that reads ${chosen.path} is in the notebook.`);
    }
  }

  /** Insert the path alone, where the cursor is. */
  async insertPath(item: NotebookDataset): Promise<void> {
    const panel = this.state?.panel;
    const { items } = await requests.files(this.labs.api, item.dataset, item.version);
    const [only] = items;
    if (panel !== undefined) {
      insertText(panel, quoted(items.length === 1 && only ? `${item.path}/${only.path}` : item.path));
      this.say(`The path of ${item.dataset} is in the notebook.`);
    }
  }

  say(text: string): void {
    this.said = text;
    this.changed.emit();
  }

  private async change(
    ask: (state: LabState) => Promise<NotebookData>,
    said: string
  ): Promise<void> {
    const { state } = this;
    if (state === null) {
      return;
    }
    // The server answers by what is saved.
    await state.panel.context.save();
    const found = await ask(state);
    if (state.remember(found.metadata)) {
      await state.panel.context.save();
    }
    if (state === this.state) {
      this.asking += 1;
      this.seen = words(state);
      this.found = found;
      this.say(said);
      this.refreshIn(POLL);
    }
  }

  private async refresh(): Promise<void> {
    const { state } = this;
    if (state === null) {
      return;
    }
    const asked = ++this.asking;
    this.seen = words(state);
    try {
      await state.ready;
      const found = await requests.look(this.labs.api, state.path);
      if (asked !== this.asking || state !== this.state) {
        return;
      }
      this.found = found;
      const runtime = this.runtime ?? (await this.labs.api.runtime(state.path));
      if (state !== this.state) {
        return;
      }
      this.runtime = runtime;
      await this.takeMade(found);
      this.sees(null);
    } catch (reason) {
      if (state !== this.state) {
        return;
      }
      this.sees(asApiError(reason));
    }
    this.changed.emit();
    const comes = this.found?.items.some(item => item.state === 'coming');
    if (comes || this.found?.making.some(made => made.state === 'making')) {
      this.refreshIn(POLL);
    }
  }

  private sees(error: ApiError | null): void {
    if (error !== null || this.blind) {
      this.error = error;
    }
    this.blind = error !== null;
  }

  /** What was made for the notebook is used by it, once. */
  private async takeMade(found: NotebookData): Promise<void> {
    for (const { id, state, dataset } of found.making) {
      if (state === 'made' && dataset !== null && !this.taking.has(id)) {
        this.taking.add(id);
        try {
          await this.attach(dataset, null, `${dataset} was made, and is in this notebook now.`);
          await this.dismiss(id);
        } catch (reason) {
          // Tried again at the next look.
          this.taking.delete(id);
          throw reason;
        }
      }
    }
  }

  /** Another runtime was chosen, or the line of data was changed by hand. */
  private onSave(_: unknown, save: DocumentRegistry.SaveState): void {
    if (save === 'completed' && this.state !== null && this.seen !== words(this.state)) {
      this.runtime = null;
      this.refreshIn(POLL);
    }
  }

  private onLab(): void {
    if (this.error !== null || this.found?.lab !== labOf(this.state)) {
      this.refreshIn(0);
    }
  }
}

function labOf(state: LabState | null): string | null {
  return state?.lab ? `${state.lab.owner}/${state.lab.name}` : null;
}

const words = ({ panel }: LabState): string => JSON.stringify(panel.context.model?.getMetadata('mlabs') ?? null);
