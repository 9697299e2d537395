/** Whether more rows would help: the same network, trained with few of them, then with more. */
import { Machine } from "../machine.ts";
import type { Epoch, Job } from "../worker/protocol.ts";

export interface Step {
  rows: number;
  training: number;
  validation: number;
}

const SHARES = [0.1, 0.25, 0.5, 1];
const LEAST = 4;

export function sizes(rows: number): number[] {
  return [...new Set(SHARES.map((share) => Math.max(LEAST, Math.round(rows * share))))].filter((size) => size <= rows);
}

/** The job with the first of its training rows, which come in an order of chance. */
export function part(job: Job, rows: number): Job {
  const { x, y, count } = job.train;
  const cut = (of: Float32Array): Float32Array => of.slice(0, (of.length / count) * rows);
  // Also what others trained is trained anew here.
  return { ...job, taken: undefined, train: { x: cut(x), y: cut(y), count: rows } };
}

/** Trains one after the other, in workers of its own. */
export class Growing {
  private machine: Machine | null = null;
  private over = false;

  constructor(private worker: string) {}

  /** Null where it was ended. */
  async run(job: Job, told: (rows: number) => void): Promise<Step[] | null> {
    const found: Step[] = [];
    for (const rows of sizes(job.train.count)) {
      told(rows);
      if (this.over) return null;
      const best = await this.trained(part(job, rows));
      found.push({ rows, training: best.score ?? NaN, validation: best.validationScore });
    }
    return found;
  }

  private trained(job: Job): Promise<Epoch> {
    const epochs: Epoch[] = [];
    const deaf = (): void => undefined;
    return new Promise<Epoch>((resolve, reject) => {
      const failed = (message: string): void => reject(new Error(message));
      const ended = (end: string, best: number): void =>
        end === "diverged" ? failed("the loss is no number any more") : resolve(epochs[best - 1]);
      const epoch = (one: Epoch): void => void epochs.push(one);
      this.machine = new Machine(this.worker, { doing: deaf, began: deaf, epoch, ended, failed });
      this.machine.train(job);
    }).finally(() => this.machine?.end());
  }

  end(): void {
    this.over = true;
    this.machine?.end();
  }
}
