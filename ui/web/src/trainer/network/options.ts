/** How a network is trained: the choices, their limits, and what is wrong with some. */
import { Problem } from "../problem.ts";

export type Optimiser = "adam" | "sgd" | "momentum" | "rmsprop";

export interface Options {
  optimiser: Optimiser;
  rate: number;
  batch: number;
  epochs: number;
  /** Epochs without a better validation loss until training stops by itself; 0 for never. */
  patience: number;
  /** Whether rarer classes count more. */
  weighed: boolean;
}

export const RATES: Record<Optimiser, number> = { adam: 0.01, sgd: 0.1, momentum: 0.03, rmsprop: 0.005 };
export const OPTIONS: Options = {
  optimiser: "adam",
  rate: RATES.adam,
  batch: 16,
  epochs: 60,
  patience: 15,
  weighed: false,
};

export function check(options: Options, rows: number): void {
  if (!(options.rate > 0 && options.rate <= 10))
    throw new Problem("The learning rate has to be above 0 and at most 10.", "0.01 is a good start with Adam.");
  whole("batch size", options.batch, 1, 4096, "16 or 32 are usual.");
  whole("number of epochs", options.epochs, 1, 2000, "Begin with 30, and train on if the curves still fall.");
  whole("patience", options.patience, 0, 2000, "0 trains all epochs.");
  if (rows < 4) throw new Problem(`Only ${rows} rows are for training.`, "Give training a larger share in step 2.");
}

export function whole(what: string, value: number, least: number, most: number, mend: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new Problem(`The ${what} has to be a whole number from ${least} to ${most.toLocaleString("en")}.`, mend);
}

/** A size of batches that makes some ten steps of an epoch, of those that are usual. */
export function batchFor(rows: number): number {
  return [8, 16, 32, 64].find((size) => rows / size <= 24) ?? 128;
}
