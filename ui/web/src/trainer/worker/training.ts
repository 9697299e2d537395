/** Trains one network, tells every epoch, and remembers the best one. */
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel, Logs } from "@tensorflow/tfjs-layers";
import { watched } from "./watched.ts";
import { remind } from "../../community/optimizers.ts";
import { load } from "../../community/slices.ts";
import { pairs, seconds } from "./binary.ts";
import { passes, scoreOf, tensors } from "./fitting.ts";
import { Gate } from "./gate.ts";
import type { End, Epoch, Job, Rows, Said, Saved, Taken, Weight } from "./protocol.ts";

const MANY = 512;

export class Training {
  private gate = new Gate();
  private done = 0;
  /** Where this round began: patience is counted anew when training goes on. */
  private since = 0;
  /** Whether an epoch has begun that has not been validated, and the weights as they were before. */
  private half = false;
  private before: tf.Tensor[] = [];
  private best = { epoch: 0, loss: Infinity, weights: [] as tf.Tensor[] };
  private end: End = "finished";
  /** The same network, which gives out what each of its layers says. */
  private watched: LayersModel | null = null;

  constructor(
    private network: LayersModel,
    private job: Job,
    private say: (said: Said) => void,
  ) {}

  get controls(): Gate {
    return this.gate;
  }

  async run(epochs = this.job.options.epochs): Promise<void> {
    this.gate = new Gate();
    this.end = "finished";
    this.since = this.done;
    const train = this.tensors(this.job.train);
    const validation = this.tensors(this.job.validation);
    try {
      await this.fit(train, validation, epochs);
    } finally {
      tf.dispose([train, validation]);
    }
    this.say({ say: "ended", end: this.end, best: this.best.epoch, at: this.settled() });
  }

  /** Takes over what others trained: from here on it is as if that had been done here. */
  async take({ checkpoint, epochs }: Taken): Promise<void> {
    const { epoch, weights, optimizer } = checkpoint;
    load(this.network, checkpoint);
    await remind(this.network.optimizer, optimizer, weights);
    this.done = epoch;
    this.before = this.copied();
    const known = epochs.find(({ number }) => number === epoch);
    if (known) this.remember(known);
    this.say({ say: "ended", end: "taken", best: epoch, at: epoch });
  }

  /** With early stopping the best epoch counts, also where training went on to its end; which one it is now. */
  private settled(): number {
    // Scores are those of whole epochs: half of one is not among them.
    if (this.half && this.before.length) this.network.setWeights(this.before);
    this.half = false;
    const itself = this.end === "finished" || this.end === "early";
    return itself && this.job.options.patience && this.best.epoch ? this.undo() : this.done;
  }

  private tensors(rows: Rows): [tf.Tensor, tf.Tensor] {
    const y = this.job.given?.binary ? seconds(rows.y) : rows.y;
    return tensors({ ...rows, y }, this.job.shape);
  }

  private async fit(
    [x, y]: [tf.Tensor, tf.Tensor],
    validationData: [tf.Tensor, tf.Tensor],
    epochs: number,
  ): Promise<void> {
    await this.network.fit(x, y, {
      ...passes(this.job),
      initialEpoch: this.done,
      epochs: this.done + epochs,
      validationData,
      callbacks: { onBatchEnd: () => this.step(), onEpochEnd: (_, logs) => this.ended(logs) },
    });
  }

  private async step(): Promise<void> {
    this.half = true;
    await this.gate.pass();
    if (this.gate.stopped) this.halt("stopped");
  }

  private halt(end: End): void {
    this.end = end;
    this.network.stopTraining = true;
  }

  private async ended(logs?: Logs): Promise<void> {
    // An epoch that was stopped in its middle has not been validated.
    if (logs?.val_loss === undefined) return;
    const epoch = this.epochOf(logs);
    this.done = epoch.number;
    this.half = false;
    tf.dispose(this.before);
    this.before = this.copied();
    if (epoch.validationLoss < this.best.loss) this.remember(epoch);
    this.say({ say: "epoch", epoch, best: this.best.epoch });
    const { patience } = this.job.options;
    if (!Number.isFinite(epoch.loss)) this.halt("diverged");
    else if (this.gate.stopped) this.halt("stopped");
    else if (patience && epoch.number - Math.max(this.best.epoch, this.since) >= patience) this.halt("early");
  }

  private epochOf(logs: Logs): Epoch {
    const score = scoreOf(logs);
    return {
      number: this.done + 1,
      loss: logs.loss,
      score: logs[score],
      validationLoss: logs.val_loss,
      validationScore: logs[`val_${score}`],
    };
  }

  private remember(epoch: Epoch): void {
    tf.dispose(this.best.weights);
    this.best = {
      epoch: epoch.number,
      loss: epoch.validationLoss,
      weights: this.copied(),
    };
  }

  private copied(): tf.Tensor[] {
    return this.network.getWeights().map((weight) => weight.clone());
  }

  /** Takes the weights of the best epoch; what came after is forgotten. */
  undo(): number {
    if (this.best.weights.length) this.network.setWeights(this.best.weights);
    return this.best.epoch;
  }

  async predict(x: Float32Array, count: number): Promise<Float32Array> {
    const given = tf.tensor(x, [count, ...this.job.shape]);
    const found = this.network.predict(given, { batchSize: MANY }) as tf.Tensor;
    try {
      const said = (await found.data()) as Float32Array;
      return this.job.given?.binary ? pairs(said) : said;
    } finally {
      tf.dispose([given, found]);
    }
  }

  /** What each layer makes of one example. */
  async activations(x: Float32Array): Promise<Weight[]> {
    this.watched ??= watched(this.network);
    const given = tf.tensor(x, [1, ...this.job.shape]);
    const said = [this.watched.predict(given)].flat();
    try {
      const values = await Promise.all(said.map((one) => one.data()));
      return said.map((one, index) => ({
        name: this.watched!.outputNames[index],
        shape: one.shape.slice(1),
        values: values[index] as Float32Array,
      }));
    } finally {
      tf.dispose([given, said]);
    }
  }

  async weights(): Promise<Weight[]> {
    const values = await Promise.all(this.network.getWeights().map((weight) => weight.data()));
    return this.network.weights.map((weight, index) => ({
      name: weight.name,
      shape: weight.shape as number[],
      values: values[index] as Float32Array,
    }));
  }

  async save(): Promise<Saved> {
    let saved: Saved | null = null;
    await this.network.save(
      tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
        saved = {
          topology: modelTopology,
          specs: weightSpecs,
          data: tf.io.concatenateArrayBuffers([weightData as ArrayBuffer]),
        };
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
      }),
    );
    if (!saved) throw new Error("the model was not given out");
    return saved;
  }

  dispose(): void {
    tf.dispose([...this.best.weights, ...this.before]);
    this.network.optimizer.dispose();
    this.network.dispose();
  }
}
