/** Counts what arrives: so that it is confirmed now and then, and that one knows when all that was missed is there. */

import { isOutput } from './frames.ts';

/** What may arrive without being confirmed. */
const MESSAGES = 500;
const BYTES = 1_000_000;

interface Does {
  confirm: () => void;
  /** `outputs` are those among what was missed. */
  caughtUp: (outputs: number) => void;
}

export class Arrivals {
  private readonly does: Does;
  private messages = 0;
  private bytes = 0;
  private missed = 0;
  private outputs = 0;

  constructor(does: Does) {
    this.does = does;
  }

  /** The other side knows of all that arrived. */
  confirmed(): void {
    this.messages = this.bytes = 0;
  }

  /** So many messages come that were missed. */
  catchUp(missed: number): void {
    this.missed = missed;
    this.outputs = 0;
    this.look();
  }

  count(data: ArrayBuffer): void {
    this.messages += 1;
    this.bytes += data.byteLength;
    if (this.messages >= MESSAGES || this.bytes >= BYTES) {
      this.does.confirm();
    }
    if (this.missed > 0) {
      this.missed -= 1;
      this.outputs += isOutput(data) ? 1 : 0;
      this.look();
    }
  }

  private look(): void {
    if (this.missed === 0) {
      this.does.caughtUp(this.outputs);
    }
  }
}
