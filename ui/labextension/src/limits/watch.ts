/** Follows when this server ends: warns in time, saves what is open, and says afterwards why it is gone. */

import { Signal } from '@lumino/signaling';

import type { Api } from '../api';
import { meant } from '../connection/gone';
import { asApiError } from '../errors';
import type { ServerLimits } from '../wire';
import type { Banner } from './banner';
import { advances, ended, pause, type Stage, stageOf, warning } from './stages';

/** Seconds by which an end may move without being another one. */
const SAME_END = 60;

export class LimitsWatch {
  /** There was another look: what is left may read otherwise. */
  readonly changed = new Signal<this, void>(this);
  /** Whether the server has ended, where it was not known before. */
  readonly ended = new Signal<this, boolean>(this);
  private known: ServerLimits | null = null;
  /** When the server answered, in milliseconds of this page's own clock. */
  private at = 0;
  private warned: Stage = 'none';
  private timer = 0;

  constructor(
    private readonly api: Api,
    private readonly banner: Banner,
    private readonly save: () => Promise<void>,
    private readonly labPage: string
  ) {
    // A tab in the background is woken late, or not at all.
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) {
        void this.look();
      }
    });
  }

  async look(): Promise<void> {
    window.clearTimeout(this.timer);
    const gone = await this.ask();
    const left = this.left();
    const stage = stageOf(left);
    if (left !== null && advances(stage, this.warned) && (stage !== 'over' || gone)) {
      const again = this.warned === 'near';
      this.warned = stage;
      this.act(stage, left, again);
    }
    this.timer = window.setTimeout(() => void this.look(), pause(left));
    this.changed.emit();
  }

  /** This server is not there any more, and nobody knew of it before. */
  gone(): void {
    if (this.warned !== 'over') {
      this.warned = 'over';
      this.over(ended(null));
    }
  }

  get reason(): string | null {
    return this.known?.reason ?? null;
  }

  /** Seconds until the end by the last answer. */
  left(): number | null {
    const left = this.known?.left ?? null;
    return left === null ? null : left - (performance.now() - this.at) / 1000;
  }

  /** Ask the server; true where it is not there. What was known stays then. */
  private async ask(): Promise<boolean> {
    const before = this.left();
    try {
      this.known = await this.api.limits();
    } catch (reason) {
      return meant(asApiError(reason).status) !== 'there';
    }
    this.at = performance.now();
    const left = this.left();
    const moved = before !== null && (left === null || left - before > SAME_END);
    // Who answers is not over, whatever was thought.
    if (moved || this.warned === 'over') {
      this.warned = 'none';
      this.banner.tell(null);
      this.ended.emit(false);
    }
    return false;
  }

  private over(text: string): void {
    this.ended.emit(true);
    this.banner.tell({ kind: 'over', text, link: { url: this.labPage, label: "Go to the lab's page" } });
  }

  private act(stage: Stage, left: number, again: boolean): void {
    const reason = this.known?.reason ?? null;
    if (stage === 'over') {
      this.over(ended(reason));
      return;
    }
    if (stage !== 'soon') {
      // Not waited for: saving may ask the person something.
      void this.save();
    }
    if (!(stage === 'last' && again)) {
      this.banner.tell({ kind: stage === 'soon' ? 'soon' : 'near', text: warning(left, reason), link: null });
    }
  }
}
