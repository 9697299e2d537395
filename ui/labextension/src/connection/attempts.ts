/** Tries to reach the other side again: at once, then less and less often, and not for ever where it refuses. */

import { TIMING } from './heartbeat.ts';

const TIMEOUT = 10_000;
const BACKOFF = [0, 500, 1_000, 2_000, 4_000, 8_000];
/** The server answers, but not this: after so many tries JupyterLab is told. */
const TRIES = 6;

interface Does {
  open: () => void;
  drop: () => void;
}

export class Attempts {
  private readonly does: Does;
  private tries = 0;
  private refused = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(does: Does) {
    this.does = does;
  }

  later(): void {
    const pause = BACKOFF[Math.min(this.tries, BACKOFF.length - 1)] ?? 0;
    this.tries += 1;
    this.stop();
    this.timer = setTimeout(() => this.again(), pause * (0.8 + 0.4 * Math.random()));
  }

  atOnce(): void {
    this.stop();
    this.tries = 0;
    this.again();
  }

  /** Wait for no answer, and try no more. */
  stop(): void {
    clearTimeout(this.timer);
  }

  succeeded(): void {
    this.tries = this.refused = 0;
  }

  /** Whether it is in vain; `there` is whether the kernel is, null where nobody answers. */
  inVain(there: boolean | null): boolean {
    this.refused = there === null ? 0 : this.refused + 1;
    return there === false || this.refused >= TRIES;
  }

  private again(): void {
    this.does.drop();
    this.does.open();
    // Packets that get lost tell nobody: the browser would wait for minutes.
    this.timer = setTimeout(() => {
      this.does.drop();
      this.later();
    }, Math.min(TIMEOUT, 2 * TIMING.silence));
  }
}
