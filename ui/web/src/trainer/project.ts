/** All that a person chose, and what follows from it; whoever shows a part of it hears of changes. */
import { alike, copied, type Choices } from "./choices.ts";
import { batchFor, check, OPTIONS, RATES, type Options } from "./network/options.ts";
import { GENTLE, type Given, type Plan } from "./given/about.ts";
import { tuning } from "./given/fit.ts";
import { fitted, knownOf } from "./given/fitted.ts";
import { guess, type Column } from "./data/columns.ts";
import type { Table } from "./data/csv.ts";
import { proposedLayout, type Layout } from "./data/layouts.ts";
import { preparePictures, type Pictures } from "./data/pictures.ts";
import { classWeights, prepare, type Prepared } from "./data/prepared.ts";
import type { Source } from "./data/source.ts";
import { SHARES, type Shares } from "./data/split.ts";
import { goal, propose, type Goal, type Task } from "./data/target.ts";
import { READING, sizeOf, type Reading } from "./data/vocabulary.ts";
import { stages, type Layer, type Output, type Stage } from "./network/layers.ts";
import { presets, type Preset } from "./network/presets.ts";
import { Problem } from "./problem.ts";
import { wordsOf } from "./reading.ts";
import type { PoolJob } from "./pool/shapes.ts";
import { Run } from "./run.ts";
import type { Job, Taken } from "./worker/protocol.ts";

/** In the order in which one leads to the next. */
export const STEPS = ["data", "columns", "network", "training", "results", "test"] as const;
export type Step = (typeof STEPS)[number];

export class Project implements Choices {
  name = "";
  /** Where the table comes from that is a dataset's. */
  source: Source | null = null;
  table: Table | null = null;
  pictures: Pictures | null = null;
  columns: Column[] = [];
  target: Column | null = null;
  task: Task | null = null;
  layout: Layout = "columns";
  /** How a text is read, where there is one. */
  reading: Reading = READING;
  shares: Shares = SHARES;
  seed = 1;
  goal: Goal | null = null;
  prepared: Prepared | null = null;
  /** Why there is nothing prepared. */
  problem: Problem | null = null;
  layers: Layer[] = [];
  /** A model that was trained elsewhere, in the place of the layers. */
  given: Given | null = null;
  options: Options = OPTIONS;
  run: Run | null = null;
  /** How many other data are being read: until they are there nothing is trained. */
  private coming = 0;
  /** How often the test rows of each split were looked at. */
  private looks = new Map<string, number>();
  private hearers: ((step: Step) => void)[] = [];

  /** The addresses of what trains, and of what reads. */
  constructor(
    readonly worker: string,
    private readonly reader: string,
  ) {}

  hear(hearer: (step: Step) => void): void {
    this.hearers.push(hearer);
  }

  private tell(step: Step): void {
    for (const hearer of this.hearers) hearer(step);
  }

  /** A training of other data is none of this project's any more. */
  private forget(): void {
    this.run?.discard();
    this.run = null;
  }

  get waits(): boolean {
    return this.coming > 0;
  }

  /** Whether a training goes on that other data would end. */
  get trains(): boolean {
    return ["loading", "running", "paused"].includes(this.run?.state ?? "");
  }

  /** Other data are read meanwhile. */
  async reads(work: () => Promise<void>): Promise<void> {
    this.coming++;
    this.tell("training");
    try {
      await work();
    } finally {
      this.coming--;
      this.tell("training");
    }
  }

  takeTable(name: string, table: Table, source: Source | null = null): void {
    const columns = table.columns ?? guess(table);
    Object.assign(this, { name, table, source, pictures: null, columns, task: null, reading: READING });
    this.target = propose(this.columns) ?? this.columns[this.columns.length - 1];
    this.layout = proposedLayout(table, this.used);
    this.renew();
  }

  takePictures(name: string, pictures: Pictures): void {
    Object.assign(this, { name, pictures, source: null, table: null, columns: [], target: null, goal: null });
    this.renew();
  }

  private renew(): void {
    this.forget();
    this.looks.clear();
    this.prepare("data", true);
  }

  /** Whether data or network are others by now than those of the training. */
  get changed(): boolean {
    return this.run !== null && !alike(this, this.run.choices);
  }

  /** Makes all choices again what they were when training began. */
  undo(): void {
    if (!this.run) return;
    const { layers, options, ...rest } = copied(this.run.choices);
    Object.assign(this, rest);
    this.reckon(false);
    Object.assign(this, { layers, options });
    this.tell("columns");
  }

  /** How often the test rows of the training were looked at. */
  get tested(): number {
    return this.run ? (this.looks.get(rowsOf(this.run)) ?? 0) : 0;
  }

  /** They are looked at once more. */
  look(): void {
    if (!this.run) return;
    this.looks.set(rowsOf(this.run), this.tested + 1);
    this.tell("test");
  }

  /** All columns that can be predicted from, in one way or another. */
  get used(): Column[] {
    return this.columns.filter((column) => column !== this.target && column.kind !== "unused");
  }

  /** Those that are predicted from as the data are looked at now: a text is read alone. */
  get features(): Column[] {
    return this.used.filter((column) => (column.kind === "text") === (this.layout === "text"));
  }

  /** Has the words of a column found, in a worker, before it is taken as a text. */
  async read(column: Column): Promise<void> {
    const { table } = this;
    if (!table || table.texts?.[column.index]) return;
    const found = await wordsOf(this.reader, table, column.index);
    (table.texts ??= {})[column.index] = found;
  }

  /** Chooses something of the columns or the split anew. */
  choose(change: () => void): void {
    change();
    this.prepare("columns");
  }

  private prepare(step: Step, fresh = false): void {
    this.reckon(fresh);
    this.tell(step);
  }

  private reckon(fresh: boolean): void {
    const before = this.prepared && kindOf(this.prepared);
    this.prepared = this.problem = null;
    try {
      this.prepared = this.made();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
    }
    if (this.prepared && (fresh || before !== kindOf(this.prepared))) this.begin(this.prepared);
  }

  private made(): Prepared | null {
    if (this.pictures) return preparePictures(this.pictures, this.shares, this.seed);
    if (!this.table || !this.target) return null;
    this.goal = goal(this.table, this.target, this.task ?? undefined);
    const known = knownOf(this.given?.meta ?? null);
    return prepare(this.table, this.goal, this.features, this.layout, this.shares, this.seed, known, this.reading);
  }

  private begin(prepared: Prepared): void {
    const [first, second] = presets(prepared.shape, prepared.text !== null);
    this.take(second ?? first);
    this.options = { ...this.options, batch: batchFor(prepared.train.rows.length) };
  }

  private take(preset: Preset): void {
    this.layers = structuredClone(preset.layers);
    this.options = { ...this.options, epochs: preset.epochs };
  }

  usePreset(preset: Preset): void {
    this.take(preset);
    this.tell("network");
  }

  build(layers: Layer[]): void {
    this.layers = layers;
    this.tell("network");
  }

  /** Ends a training that has not begun yet. */
  abandon(): void {
    this.forget();
    this.tell("training");
  }

  /** Takes a model that was trained elsewhere; null to build one again. */
  takeGiven(given: Given | null): void {
    this.given = given;
    this.tune({ rate: given ? GENTLE : RATES[this.options.optimiser] });
    if (!given && this.prepared) this.begin(this.prepared);
    this.prepare("columns");
  }

  plan(change: Partial<Plan>): void {
    if (!this.given) return;
    this.given = { ...this.given, plan: { ...this.given.plan, ...change } };
    this.tell("network");
  }

  tune(options: Partial<Options>): void {
    this.options = { ...this.options, ...options };
  }

  get output(): Output {
    const classes = this.prepared?.classes.length ?? 0;
    return classes ? { units: classes, activation: "softmax" } : { units: 1, activation: "linear" };
  }

  /** How many different numbers words have, where examples are texts; else 0. */
  get words(): number {
    return this.prepared?.text ? sizeOf(this.prepared.text) : 0;
  }

  /** The network stage by stage; a Problem where it does not fit. */
  stages(): Stage[] {
    return this.prepared ? stages(this.layers, this.prepared.shape, this.output, this.words) : [];
  }

  train(): void {
    const { given, options } = this;
    if (!this.prepared || this.waits) return;
    const prepared = given ? fitted(this.prepared, given) : this.prepared;
    const taken = given && tuning(given, prepared);
    if (!taken) this.stages();
    check(options, prepared.train.rows.length);
    const own = taken && { shape: taken.shape, words: 0, layers: [], given: taken.tuning };
    this.begins(prepared, options, own ?? {});
  }

  /** Takes over what others trained with these rows: how it was built and trained is what is chosen from now on. */
  adopt(job: Pick<PoolJob, "layers" | "options">, taken: Taken): void {
    if (!this.prepared || this.waits) return;
    this.given = null;
    this.layers = structuredClone(job.layers);
    this.options = { ...job.options, patience: 0 };
    this.tell("network");
    this.begins(this.prepared, this.options, { taken });
  }

  private begins(prepared: Prepared, options: Options, own: Partial<Job>): void {
    this.forget();
    const rows = (part: Prepared["train"]) => ({ x: part.x, y: part.y, count: part.rows.length });
    const job: Job = {
      seed: this.seed,
      shape: prepared.shape,
      words: this.words,
      layers: this.layers,
      output: this.output,
      options,
      weights: prepared.task === "classes" ? classWeights(prepared) : null,
      train: rows(prepared.train),
      validation: rows(prepared.validation),
      ...own,
    };
    const heard = (what: "state" | "epoch"): void => this.tell(what === "epoch" ? "results" : "training");
    this.run = new Run(this.worker, job, prepared, copied(this), this.features, heard);
    this.tell("training");
  }
}

/** What decides which rows are kept apart. */
function rowsOf({ choices: { seed, shares, target, task, layout } }: Run): string {
  return JSON.stringify([seed, shares, target?.index, task, layout]);
}

/** What decides which layers there can be. */
function kindOf({ shape, text }: Prepared): string {
  return text ? "text" : `${shape.length}`;
}
