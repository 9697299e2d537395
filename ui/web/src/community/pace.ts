/** A gate that also lets the processor rest, so that no more than a share of it is taken. */
import { Gate } from "../trainer/worker/gate.ts";

/** Milliseconds: shorter rests are put together, timers do not hold them. */
const GRAIN = 15;
/** How much of a rest that took too long is made up for. */
const CREDIT = 100;

export class PacedGate extends Gate {
  private owed = 0;
  private mark = performance.now();
  private used = 0;

  /**
   * `share` of one processor, above 0, up to 1; may change at any time.
   * `spent` is how many milliseconds of processors all of this took; where nobody knows, work takes all that passes.
   */
  constructor(
    public share: number,
    private spent: (() => number) | null = null,
  ) {
    super();
    this.begin();
  }

  /** Work begins here; what was before was none. */
  begin(): void {
    this.mark = performance.now();
    this.used = this.spent?.() ?? 0;
  }

  override async pass(): Promise<void> {
    const since = performance.now();
    const passed = since - this.mark;
    this.owed += (this.spent ? this.more(this.spent()) : passed) / this.share - passed;
    if (this.owed >= GRAIN) await new Promise((resolve) => setTimeout(resolve, this.owed));
    await super.pass();
    this.mark = performance.now();
    this.owed = Math.max(this.owed - (this.mark - since), -CREDIT);
  }

  /** What was spent since this was asked last, also while it rested. */
  private more(spent: number): number {
    const more = spent - this.used;
    this.used = spent;
    return more;
  }
}
