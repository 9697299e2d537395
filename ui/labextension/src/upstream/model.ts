/** What is new in the original of one open notebook. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { JSONObject } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';

import type { ILabs } from '../labs';
import { apply, contentOf } from './apply';
import { fresh, standing } from './news';
import * as requests from './requests';
import type { Choices, Merge, Proposal, Upstream } from './wire';

export class UpstreamModel {
  readonly changed = new Signal<this, void>(this);
  upstream: Upstream | null = null;
  private dismissed = 0;
  private asked: number | null = null;

  constructor(
    readonly panel: NotebookPanel,
    readonly labs: ILabs
  ) {
    const state = labs.of(panel);
    state.changed.connect(() => void this.follow());
    panel.context.model.metadataChanged.connect(() => this.changed.emit());
    panel.disposed.connect(() => Signal.clearData(this));
    void state.ready.then(() => this.follow());
  }

  /** How many versions of the original the notebook, as it is open here, has not taken in. */
  get news(): number {
    return this.upstream === null ? 0 : fresh(this.upstream, this.own);
  }

  /** Whether to say so by itself. */
  get tells(): boolean {
    return this.upstream !== null && this.news > 0 && this.upstream.latest > this.dismissed;
  }

  /** What the notebook stands on now. */
  get base(): JSONObject {
    const { lab } = this.upstream as Upstream;
    return { lab, version: standing(this.upstream as Upstream, this.own) };
  }

  async look(): Promise<Upstream | null> {
    this.upstream = (await requests.look(this.labs.api, this.path)).upstream;
    this.changed.emit();
    return this.upstream;
  }

  merge(version: number, choices: Choices): Promise<Merge> {
    return requests.merge(this.labs.api, this.path, contentOf(this.panel), version, choices);
  }

  async take(merge: Merge): Promise<void> {
    await apply(this.panel, merge.merged.notebook, this.base);
    this.changed.emit();
  }

  propose(title: string, message: string): Promise<Proposal> {
    return requests.propose(this.labs.api, this.path, title, message);
  }

  dismiss(): void {
    this.dismissed = this.upstream?.latest ?? 0;
    this.changed.emit();
  }

  private get own(): unknown {
    return this.panel.context.model.getMetadata('mlabs');
  }

  private get path(): string {
    return this.panel.context.localPath;
  }

  /** Ask once for each version of the lab: at the beginning, and after a publish. */
  private async follow(): Promise<void> {
    const { lab } = this.labs.of(this.panel);
    if (lab === null || lab.version === 0 || this.asked === lab.version) {
      return;
    }
    this.asked = lab.version;
    try {
      await this.look();
    } catch (reason) {
      // Nobody asked for it: the command asks again, and says what is wrong.
      console.warn('MLabs could not ask for news of the original:', reason);
      this.asked = null;
    }
  }
}
