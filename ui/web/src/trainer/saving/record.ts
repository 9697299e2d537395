/** A training as a run in a lab's history: the same shape as a notebook's, so that boards compare both. */
import type { Task } from "../data/target.ts";
import { stages } from "../network/layers.ts";
import type { Run } from "../run.ts";
import type { End, Epoch } from "../worker/protocol.ts";

export const ENVIRONMENT = "tensorflow.js in the browser";
/** How many steps one event holds. */
const POINTS = 1000;

/** What a run is registered with. */
export interface Registered {
  id: string;
  lab: string;
  started: string;
  environment: string;
  parameters: Record<string, string | number | boolean>;
}

export interface Event {
  seq: number;
  type: string;
  time: string;
  data: Record<string, unknown>;
}

type Told = Pick<Run, "job" | "epochs" | "times" | "started" | "at" | "end" | "tested" | "words" | "backend"> & {
  prepared: { task: Task; target: string };
};

export function registered(run: Told, id: string, lab: string): Registered {
  const { options, seed } = run.job;
  const { optimiser, rate, batch, epochs, patience, weighed } = options;
  return {
    id,
    lab,
    started: run.started.toISOString(),
    environment: ENVIRONMENT,
    parameters: {
      network: network(run),
      ...{ seed, optimiser, rate, batch, epochs, patience },
      ...(weighed ? { weighed } : {}),
      ...(run.backend ? { "computed by": run.backend } : {}),
    },
  };
}

function network({ job }: Told): string {
  const titles = stages(job.layers, job.shape, job.output, job.words).map(({ title }) => title);
  return titles.slice(1).join(" → ").slice(0, 400);
}

const STATUS: Record<Exclude<End, "untouched">, { status: string; reason?: string }> = {
  taken: { status: "succeeded" },
  finished: { status: "succeeded" },
  early: { status: "succeeded" },
  stopped: { status: "stopped", reason: "stopped" },
  diverged: { status: "failed", reason: "raised" },
};

/** All that happened, in order. */
export function events(run: Told): Event[] {
  const ended = new Date((run.times[run.times.length - 1] ?? run.started.getTime() / 1000) * 1000).toISOString();
  const execution = "training";
  const failed = run.end === "diverged";
  const shown = failed
    ? { output_type: "error", ename: "Diverged", evalue: run.words, traceback: [run.words] }
    : { output_type: "stream", name: "stdout", text: `${summary(run)}\n` };
  const steps: Omit<Event, "seq">[] = [
    { type: "execute", time: run.started.toISOString(), data: { execution, code: code(run), execution_count: 1 } },
    ...metrics(run, ended),
    { type: "output", time: ended, data: { execution, output: shown } },
    { type: "done", time: ended, data: { execution, status: failed ? "error" : "ok" } },
    { type: "end", time: ended, data: STATUS[run.end === null || run.end === "untouched" ? "stopped" : run.end] },
  ];
  return steps.map((step, index) => ({ seq: index + 1, ...step }));
}

/** What a reader of the history sees of it. */
function code({ job, prepared }: Told): string {
  const titles = stages(job.layers, job.shape, job.output, job.words).map(({ title }) => title);
  const { optimiser, rate, batch, epochs } = job.options;
  return [
    `# A training in the trainer, by TensorFlow.js: nothing ran on a server. To predict: ${prepared.target}`,
    ...titles.map((title) => `# ${title}`),
    `# ${optimiser}, learning rate ${rate}, batches of ${batch}, up to ${epochs} epochs, seed ${job.seed}`,
  ].join("\n");
}

function summary(run: Told): string {
  const kept = keptOf(run);
  const of = kept && kept !== run.epochs[run.epochs.length - 1] ? `best epoch ${kept.number}, ` : "";
  const test = run.tested === null ? [] : [`test ${name(run)}: ${run.tested.toPrecision(4)}`];
  return [
    run.words,
    ...(kept ? [`${of}validation loss: ${kept.validationLoss.toPrecision(4)}`] : []),
    ...(kept ? [`${of}validation ${name(run)}: ${kept.validationScore.toPrecision(4)}`] : []),
    ...test,
  ].join("\n");
}

/** The epoch that the network is of: the last, or the best that it went back to. */
function keptOf({ epochs, at }: Told): Epoch | undefined {
  return epochs.find(({ number }) => number === at) ?? epochs[epochs.length - 1];
}

function name({ prepared }: Told): string {
  return prepared.task === "classes" ? "accuracy" : "mae";
}

type Values = Record<string, number | string>;

/** What is no finite number goes by its name: JSON has no other way. */
function plain(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function valuesOf(epoch: Epoch, score: string): Values {
  return {
    loss: plain(epoch.loss),
    ...(epoch.score === null ? {} : { [score]: plain(epoch.score) }),
    val_loss: plain(epoch.validationLoss),
    [`val_${score}`]: plain(epoch.validationScore),
  };
}

function* metrics(run: Told, ended: string): Generator<Omit<Event, "seq">> {
  const score = name(run);
  const points = run.epochs.map((epoch, index): [number, number, Values] => [
    epoch.number,
    run.times[index],
    valuesOf(epoch, score),
  ]);
  for (let at = 0; at < points.length; at += POINTS) {
    const some = points.slice(at, at + POINTS);
    const [step, seconds, values] = some[some.length - 1];
    const time = new Date(seconds * 1000).toISOString();
    yield { type: "metric", time, data: { values, step, points: some } };
  }
  // Boards compare what comes last: that is to be what was kept.
  const kept = keptOf(run);
  if (kept && kept !== run.epochs[run.epochs.length - 1])
    yield { type: "metric", time: ended, data: { values: valuesOf(kept, score), step: kept.number } };
  if (run.tested !== null)
    yield { type: "metric", time: ended, data: { values: { [`test_${score}`]: run.tested }, step: null } };
}
