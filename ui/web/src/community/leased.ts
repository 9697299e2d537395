/** One lease, from what it takes to its result: fetched, trained, renewed meanwhile, sent. */
import { Away, Refused, type Pool } from "./pool.ts";
import type { Lease } from "./shapes.ts";
import { digested } from "./signature.ts";
import { Ended, type Trainer } from "./thread.ts";
import { backOff, rest } from "./waits.ts";

/** What came is not what was said: nothing more is done for who sent it. */
export class Unfit extends Error {}

/** `lost`: somebody else has it by now, or nobody wants it any more; `dropped`: it is given back. */
export type Outcome = "taken" | "lost" | "dropped";

/** Blocks of rows by their digests, kept for the next slice of the same search. */
export class Blocks {
  private kept = new Map<string, Uint8Array<ArrayBuffer>>();
  private static MOST = 4;

  constructor(private pool: Pool) {}

  async rows(digest: string): Promise<Uint8Array<ArrayBuffer>> {
    const found = this.kept.get(digest) ?? (await this.fetched("data", digest));
    // The one that was used last is forgotten last.
    this.kept.delete(digest);
    this.kept.set(digest, found);
    if (this.kept.size > Blocks.MOST) this.kept.delete(this.kept.keys().next().value!);
    return found;
  }

  async fetched(kind: "data" | "checkpoints", digest: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.pool.bytes(kind, digest);
    if ((await digested(bytes, digest)) === false) throw new Unfit("The server sent other numbers than it named.");
    return bytes;
  }
}

export class Leased {
  private epoch: number;
  private gone = false;
  /** When the server was last heard of it. */
  private heard = performance.now();
  private over = new AbortController();

  constructor(
    private lease: Lease,
    private pool: Pool,
    private blocks: Blocks,
    private trainer: Trainer,
    private ended: AbortSignal,
  ) {
    this.epoch = lease.from;
  }

  /** Away where the server cannot be reached before training began; any other error where training failed. */
  async run(graphics: boolean, passed: (epoch: number) => void): Promise<Outcome> {
    const { spec, from, to } = this.lease;
    try {
      const [rows, start] = await this.needed();
      void this.kept();
      const order = { spec, rows, start, from, to, graphics };
      const made = await this.trainer.slice(order, (epoch) => passed((this.epoch = epoch)));
      return await this.sent(made);
    } catch (error) {
      if (error instanceof Ended) return this.gone ? "lost" : "dropped";
      if (isLost(error)) return "lost";
      throw error;
    } finally {
      this.over.abort();
    }
  }

  private needed(): Promise<[Uint8Array, Uint8Array | null]> {
    const { data, start } = this.lease;
    return Promise.all([this.blocks.rows(data), start === null ? null : this.blocks.fetched("checkpoints", start)]);
  }

  /** Renews it until all is over, or it is lost: then training ends. */
  private async kept(): Promise<void> {
    const { signal } = this.over;
    for (let failures = 0; !signal.aborted; ) {
      const wait = failures ? Math.min(backOff(failures), this.lease.renew_every) : this.lease.renew_every;
      await rest(wait * 1000, signal);
      if (signal.aborted) return;
      const keeps = await this.renewed();
      if (signal.aborted) return;
      if (keeps === false || this.expired) return this.lose();
      failures = keeps ? 0 : failures + 1;
    }
  }

  /** Whether it goes on; null where nobody answers. */
  private async renewed(): Promise<boolean | null> {
    try {
      const { go_on } = await this.pool.renew(this.lease, this.epoch);
      this.heard = performance.now();
      return go_on;
    } catch (error) {
      return error instanceof Away ? null : false;
    }
  }

  private lose(): void {
    this.gone = true;
    this.trainer.end();
    this.over.abort();
  }

  /** A lease lasts three times as long as it takes to be renewed. */
  private get expired(): boolean {
    return performance.now() - this.heard > 3000 * this.lease.renew_every;
  }

  private async sent(checkpoint: Uint8Array<ArrayBuffer>): Promise<Outcome> {
    for (let failures = 1; ; failures++) {
      try {
        await this.pool.result(this.lease, checkpoint);
        return "taken";
      } catch (error) {
        if (!(error instanceof Away)) throw error;
        if (this.ended.aborted) return "dropped";
        if (this.gone || this.expired) return "lost";
        await rest(1000 * (error.seconds ?? backOff(failures)), this.ended);
      }
    }
  }
}

/** Whether a lease is somebody else's by now, or nobody's. */
function isLost(error: unknown): boolean {
  return error instanceof Refused && (error.status === 409 || error.status === 404);
}
