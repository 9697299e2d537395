/** Where training lets what a person asked come in between two steps: pause, resume, stop. */
const PATIENCE = 40;

export class Gate {
  private paused = false;
  private open: (() => void) | null = null;
  private since = performance.now();
  stopped = false;

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.open?.();
    this.open = null;
  }

  stop(): void {
    this.stopped = true;
    this.resume();
  }

  /** Passes on at once, or after a short look at the messages, or when training is resumed. */
  async pass(): Promise<void> {
    if (performance.now() - this.since > PATIENCE || this.paused) {
      await new Promise((resolve) => setTimeout(resolve));
      this.since = performance.now();
    }
    if (this.paused) await new Promise<void>((resolve) => (this.open = resolve));
  }
}
