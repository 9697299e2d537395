/** What is said of a search: how far it is, which job is best, and what each of them is. */
import type { Layer } from "../network/layers.ts";
import type { PoolJob, Score, Search, Status } from "./shapes.ts";

export const OVER: readonly Status[] = ["succeeded", "failed", "stopped"];

export const WORDS: Record<Status, string> = {
  queued: "Waiting",
  running: "Training",
  checking: "Being checked",
  succeeded: "Done",
  failed: "Failed",
  stopped: "Stopped",
};

/** The newest look at the held-out rows that gave numbers. */
export function last(job: PoolJob): Score | null {
  return job.scores.findLast(({ loss }) => loss !== null) ?? null;
}

/** Lowest loss on the held-out rows, of those that are done, or as long as none is, of all. */
export function best(jobs: PoolJob[]): PoolJob | null {
  const scored = jobs.filter((job) => last(job) && job.status !== "failed");
  const done = scored.filter(({ status }) => status === "succeeded");
  const among = done.length ? done : scored;
  return among.reduce<PoolJob | null>((one, other) => (one && last(one)!.loss! <= last(other)!.loss! ? one : other), null);
}

/** Whether its network can be had: training is over, and something of it was accepted. */
export function takeable(job: PoolJob): boolean {
  return job.epoch > 0 && (job.status === "succeeded" || job.status === "stopped") && last(job) !== null;
}

export function over({ jobs }: Pick<Search, "jobs">): boolean {
  return jobs.every(({ status }) => OVER.includes(status));
}

/** `"Convolution 8, dense 32, 16"`. */
export function network(layers: Layer[]): string {
  const parts: string[] = [];
  let before = "";
  for (const layer of layers) {
    const size = layer.kind === "pooling" ? layer.how : String(layer.kind === "convolution" ? layer.filters : layer.units);
    const name = layer.kind === "recurrent" ? layer.cell.toUpperCase() : layer.kind;
    parts.push(name === before ? size : `${name} ${size}`);
    before = name;
  }
  const told = parts.join(", ");
  return told ? told[0].toUpperCase() + told.slice(1) : "No hidden layer";
}

/** Why it is as it is, where that is not plain. */
export function reason({ status, reason, error }: PoolJob): string {
  if (error) return error.message ?? (error.code === "diverged" ? "its loss is no number any more" : "its results were refused");
  if (status === "stopped" && reason === "halving") return "others were better";
  return status === "queued" && reason === "rung" ? "for the others" : "";
}

/** In one sentence, for those who do not see the table. */
export function summary({ jobs }: Pick<Search, "jobs">): string {
  const of = (...statuses: Status[]): number => jobs.filter(({ status }) => statuses.includes(status)).length;
  const [ended, going] = [of(...OVER), of("running", "checking")];
  if (ended === jobs.length) {
    const ends = OVER.filter((status) => of(status)).map((status) => `${of(status)} ${WORDS[status].toLowerCase()}`);
    return `All ${jobs.length === 1 ? "is" : `${jobs.length} networks are`} over: ${ends.join(", ")}.`;
  }
  return `${ended} of ${jobs.length} over, ${going} in training, ${of("queued")} waiting.`;
}

/** Epochs done of all that there are to be. */
export function done(jobs: PoolJob[]): { value: number; max: number } {
  const max = jobs.reduce((all, { status, epoch, epochs }) => all + (OVER.includes(status) ? epoch : epochs), 0);
  return { value: jobs.reduce((all, { epoch }) => all + epoch, 0), max: Math.max(1, max) };
}
