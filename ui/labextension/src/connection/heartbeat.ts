/** Asks whether the other side is there, and notices when it has been silent for too long. */

/** Milliseconds; settings may change them. */
export const TIMING = { ping: 5_000, silence: 15_000 };

interface Does {
  now: () => number;
  ask: () => void;
  /** It was asked, and said nothing. */
  silent: () => void;
}

export class Heartbeat {
  private readonly does: Does;
  /** When it was asked what nothing has come after. */
  private asked: number | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(does: Does) {
    this.does = does;
  }

  start(): void {
    this.stop();
    this.asked = null;
    this.timer = setInterval(() => this.tick(), TIMING.ping);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Whatever it says shows that it is there. */
  heard(): void {
    this.asked = null;
  }

  ask(): void {
    this.asked ??= this.does.now();
    this.does.ask();
  }

  private tick(): void {
    if (this.asked === null) {
      this.ask();
    } else if (this.does.now() - this.asked >= TIMING.silence) {
      this.does.silent();
    }
  }
}
