/** Which kernels this page has lost, and what it caught up with. */

import type { Reports } from './socket.ts';
import { away, back, over, SHORT } from './wording.ts';

const SHOWN = 12_000;

export interface Notice {
  kind: 'away' | 'back' | 'over';
  text: string;
}

export class Connections implements Reports {
  /** Called when a notice comes or goes. */
  onChange: () => void = () => undefined;
  private ended = false;
  private readonly notices = new Map<string, Notice>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  of(kernel: string | undefined): Notice | null {
    return (kernel !== undefined && this.notices.get(kernel)) || null;
  }

  /** A moment's interruption is not worth a word. */
  lost(kernel: string): void {
    const since = new Date();
    this.later(kernel, SHORT, () => this.ended || this.show(kernel, { kind: 'away', text: away(since) }));
  }

  /** Whether the server is known to have ended: that is said elsewhere, and no connection to it is only lost. */
  serverEnded(ended: boolean): void {
    this.ended = ended;
    const away = [...this.notices].filter(([, { kind }]) => ended && kind === 'away');
    away.forEach(([kernel]) => this.dismiss(kernel));
  }

  back(kernel: string, outputs: number): void {
    const told = this.notices.get(kernel)?.kind === 'away';
    this.stop(kernel);
    if (told) {
      this.show(kernel, { kind: 'back', text: back(outputs) });
      this.later(kernel, SHOWN, () => this.dismiss(kernel));
    }
  }

  over(kernel: string, missed: boolean): void {
    this.stop(kernel);
    if (missed) {
      this.show(kernel, { kind: 'over', text: over() });
    } else {
      this.dismiss(kernel);
    }
  }

  dismiss(kernel: string): void {
    this.stop(kernel);
    this.notices.delete(kernel);
    this.onChange();
  }

  private show(kernel: string, notice: Notice): void {
    this.notices.set(kernel, notice);
    this.onChange();
  }

  private later(kernel: string, pause: number, act: () => void): void {
    this.stop(kernel);
    this.timers.set(kernel, setTimeout(act, pause));
  }

  private stop(kernel: string): void {
    clearTimeout(this.timers.get(kernel));
    this.timers.delete(kernel);
  }
}
