/** One training: its state, its curves, and what the network that came of it says. */
import type { Choices } from "./choices.ts";
import type { Column } from "./data/columns.ts";
import type { Prepared } from "./data/prepared.ts";
import { Machine } from "./machine.ts";
import type { End, Epoch, Job, Saved, Weight } from "./worker/protocol.ts";

export type State = "loading" | "running" | "paused" | "ended" | "failed";

export class Run {
  state: State = "loading";
  epochs: Epoch[] = [];
  best = 0;
  backend = "";
  /** What is said of it now. */
  words = "Starting";
  end: End | null = null;
  /** Which epoch the weights are of. */
  at = 0;
  readonly started: Date;
  /** How good it was on the test rows, see `scored`; null where they were not looked at. */
  tested: number | null = null;
  /** When training began or went on, and after how many epochs. */
  private since = { time: 0, epochs: 0 };
  /** When each epoch ended, in seconds since 1970. */
  times: number[] = [];
  private machine: Machine;
  /** Which of its networks is kept elsewhere. */
  private kept = "";
  /** How many epochs there shall be. */
  aim: number;

  constructor(
    worker: string,
    readonly job: Job,
    readonly prepared: Prepared,
    /** What was chosen when it began, and the columns that it learns from. */
    readonly choices: Choices,
    readonly features: Column[],
    private changed: (what: "state" | "epoch") => void,
  ) {
    this.machine = new Machine(worker, {
      doing: (what) => this.turn("loading", `${what} …`),
      began: (backend, why) => this.began(backend, why),
      epoch: (epoch, best) => this.took(epoch, best),
      ended: (end, best, at) => this.ended(end, best, at),
      failed: (message) => this.turn("failed", `Training failed: ${message}.`),
    });
    const { taken } = job;
    this.started = new Date(taken?.started ?? Date.now());
    if (taken) Object.assign(this, { epochs: [...taken.epochs], times: [...taken.times], at: taken.checkpoint.epoch });
    this.aim = job.options.epochs;
    this.machine.train(job);
  }

  private turn(state: State, words: string): void {
    this.state = state;
    this.words = words;
    this.changed("state");
  }

  /** Seconds that an epoch takes; null before the first has ended. */
  get pace(): number | null {
    const done = this.epochs.length - this.since.epochs;
    return done < 1 ? null : (this.times[this.times.length - 1] - this.since.time) / done;
  }

  /** What is known of an epoch; of the last one where nothing is. */
  epochOf(number: number): Epoch {
    return this.epochs.find((epoch) => epoch.number === number) ?? this.epochs[this.epochs.length - 1];
  }

  private begin(): void {
    this.since = { time: Date.now() / 1000, epochs: this.epochs.length };
  }

  private began(backend: string, why: string): void {
    this.begin();
    this.backend = backend;
    this.turn("running", `${why}${this.job.given?.tune === false ? "Predicting" : "Training"} on ${backend}.`);
  }

  private took(epoch: Epoch, best: number): void {
    this.epochs.push(epoch);
    this.times.push(Date.now() / 1000);
    this.at = epoch.number;
    this.tested = null;
    this.best = best;
    this.changed("epoch");
  }

  private ended(end: End, best: number, at: number): void {
    const last = end === "taken" ? at : this.at;
    Object.assign(this, { end, best, at });
    this.turn("ended", told(end, last, best, at));
  }

  pause(): void {
    this.machine.control("pause");
    this.turn("paused", `Paused after epoch ${this.at}.`);
  }

  resume(): void {
    this.machine.control("resume");
    this.begin();
    this.turn("running", `Training on ${this.backend}.`);
  }

  stop(): void {
    this.machine.control("stop");
  }

  /** Trains on from where it ended. */
  on(epochs: number): void {
    this.end = null;
    this.aim = (this.epochs.at(-1)?.number ?? 0) + epochs;
    this.machine.on(epochs);
    this.begin();
    this.turn("running", `Training on ${this.backend}.`);
  }

  async undo(): Promise<void> {
    this.at = await this.machine.best();
    this.tested = null;
    this.turn("ended", `The network is as it was after epoch ${this.at}, its best.`);
  }

  /** Whether there is a network that can be asked. */
  get usable(): boolean {
    return this.end === "untouched" || (this.epochs.length > 0 && this.end !== "diverged");
  }

  /** Whether there is something that ends with this page. */
  get unsaved(): boolean {
    if (["loading", "running", "paused"].includes(this.state)) return true;
    return this.usable && this.end !== "untouched" && this.kept !== this.which;
  }

  /** The network as it is now is saved or downloaded, or its person lets go of it. */
  keep(): void {
    this.kept = this.which;
  }

  private get which(): string {
    return `${this.epochs.length}, ${this.at}`;
  }

  predict(x: Float32Array): Promise<Float32Array> {
    return this.machine.predict(x, x.length / this.prepared.width);
  }

  /** What each layer makes of one example. */
  activations(x: Float32Array): Promise<Weight[]> {
    return this.machine.activations(x);
  }

  weights(): Promise<Weight[]> {
    return this.machine.weights();
  }

  save(): Promise<Saved> {
    return this.machine.save();
  }

  discard(): void {
    this.machine.end();
  }
}

const ENDS = { finished: "Finished", early: "Stopped by itself", stopped: "Stopped" };
const UNTOUCHED = "The model is as it was given: the steps below show how good it is on these data.";
const DIVERGED =
  "The loss is no number any more: the steps were too large. Take a learning rate ten times smaller, or check the scaling of the columns.";

/** How training ended after the epoch `last`, and which epoch the network is of. */
function told(end: End, last: number, best: number, at: number): string {
  if (end === "untouched") return UNTOUCHED;
  if (end === "taken") return `Trained by the community pool, up to epoch ${at}.`;
  return end === "diverged" ? DIVERGED : `${ENDS[end]} after epoch ${last}. ${taken(last, best, at)}`;
}

function taken(last: number, best: number, at: number): string {
  if (at !== last) return `The network is as it was after epoch ${at}, its best for validation.`;
  return last === best ? "It was the best for validation." : `The best for validation was epoch ${best}.`;
}
