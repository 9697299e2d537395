/** Trains some epochs of a job from a checkpoint, or from nothing: whoever does it comes to the same numbers. */
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel, Logs, Sequential } from "@tensorflow/tfjs-layers";
import { sow } from "../trainer/chance.ts";
import { model } from "../trainer/worker/build.ts";
import { passes, scoreOf, tensors } from "../trainer/worker/fitting.ts";
import type { Gate } from "../trainer/worker/gate.ts";
import type { Plan, Rows } from "../trainer/worker/protocol.ts";
import type { Checkpoint } from "./checkpoints.ts";
import { remembered, remind, taken } from "./optimizers.ts";
import { planOf, told, type Point, type Spec } from "./shapes.ts";

/** How many training rows the loss that is claimed is over. */
const CLAIMED = 256;
const MANY = 512;
/** The largest share by which weights are changed to see what rounding does. */
const ROUNDED = 1e-6;

export interface Work {
  spec: Spec;
  rows: Rows;
  start: Checkpoint | null;
  from: number;
  to: number;
  /** Where it is not 0, a number that says how the weights that it begins with are changed by about what rounding is. */
  shaken?: number;
}

export interface Scores {
  loss: number | null;
  score: number | null;
}

/** All chance of an epoch follows from the job's seed and its number; the first weights are of epoch 0. */
function sowFor(seed: number, epoch: number): void {
  sow(Math.imul(seed ^ Math.imul(epoch, 0x9e3779b1), 0x85ebca6b) ^ epoch);
}

/**
 * The checkpoint after epoch `to`; null where the gate was closed for good before.
 * Training that diverges ends with the epoch in which it does: its loss, and the one that is claimed, are null then.
 */
export async function trained(work: Work, gate: Gate, passed: (point: Point) => void): Promise<Checkpoint | null> {
  const plan = planOf(work.spec);
  const network = await networkOf(plan, work.start);
  if (work.shaken) shake(network, work.shaken);
  const [x, y] = tensors(work.rows, plan.shape);
  const curve: Point[] = [];
  try {
    while (work.from + curve.length < work.to) {
      const epoch = work.from + curve.length + 1;
      sowFor(plan.seed, epoch);
      const logs = await pass(network, [x, y], plan, gate);
      if (!logs) return null;
      const lost = !(await sound(network));
      const point = { epoch, loss: lost ? null : told(logs.loss), score: told(logs[scoreOf(logs)]) };
      curve.push(point);
      passed(point);
      if (point.loss === null) break;
    }
    return await state(network, work, curve);
  } finally {
    tf.dispose([x, y]);
    dispose(network);
  }
}

/** As it is at the start: with its first weights, or with those of a checkpoint. */
async function networkOf(plan: Plan, start: Checkpoint | null): Promise<Sequential> {
  sowFor(plan.seed, 0);
  const network = model(plan);
  try {
    if (start) {
      load(network, start);
      await remind(network.optimizer, start.optimizer, start.weights);
    }
    return network;
  } catch (error) {
    dispose(network);
    throw error;
  }
}

/** What comes of it tells how far rounding alone leads: backends differ by as much, but nobody has them all. */
function shake(network: LayersModel, seed: number): void {
  sow(seed);
  const shaken = network.getWeights().map((weight) =>
    tf.tidy(() => tf.mul(weight, tf.randomUniform(weight.shape, 1 - ROUNDED, 1 + ROUNDED))),
  );
  network.setWeights(shaken);
  tf.dispose(shaken);
}

/** Gives a network the weights of a checkpoint. */
export function load(network: LayersModel, { weights }: Checkpoint): void {
  const given = weights.map(({ values, shape }) => tf.tensor(values, shape));
  network.setWeights(given);
  tf.dispose(given);
}

/** Whether all its weights are numbers: the loss does not tell, WebAssembly clips what is none to a number. */
async function sound(network: Sequential): Promise<boolean> {
  const values = await Promise.all(network.getWeights().map((weight) => weight.data()));
  return values.every((some) => some.every(Number.isFinite));
}

/** One epoch; null where it was stopped. */
async function pass(network: Sequential, rows: [tf.Tensor, tf.Tensor], plan: Plan, gate: Gate): Promise<Logs | null> {
  let logs: Logs | null = null;
  await gate.pass();
  if (gate.stopped) return null;
  const step = async (): Promise<void> => {
    await gate.pass();
    if (gate.stopped) network.stopTraining = true;
  };
  const ended = (_: number, all?: Logs): void => void (logs = { ...all });
  await network.fit(...rows, {
    ...passes(plan),
    epochs: 1,
    callbacks: { onBatchEnd: step, onEpochEnd: ended },
  });
  return gate.stopped ? null : logs;
}

async function state(network: Sequential, { rows, spec, from }: Work, curve: Point[]): Promise<Checkpoint> {
  const { loss } = await scores(network, first(rows, CLAIMED), spec.shape);
  return {
    epoch: from + curve.length,
    weights: await taken(network.getWeights()),
    optimizer: await remembered(network.optimizer),
    curve,
    claim: { loss },
  };
}

function first({ x, y, count }: Rows, most: number): Rows {
  const few = Math.min(most, count);
  return { x: x.subarray(0, (x.length / count) * few), y: y.subarray(0, (y.length / count) * few), count: few };
}

async function scores(network: Sequential, rows: Rows, shape: number[]): Promise<Scores> {
  if (!(await sound(network))) return { loss: null, score: null };
  const [x, y] = tensors(rows, shape);
  const said = network.evaluate(x, y, { batchSize: MANY }) as tf.Scalar[];
  const [loss, score] = await Promise.all(said.map(async (one) => (await one.data())[0]));
  tf.dispose([x, y, said]);
  return { loss: told(loss), score: told(score) };
}

/** How good the network of a checkpoint is on rows that nobody trained on, and what it should have claimed. */
export async function judged(
  spec: Spec,
  checkpoint: Checkpoint,
  heldOut: Rows,
  train: Rows,
): Promise<{ held_out: Scores; claim: { loss: number | null } }> {
  const network = model(planOf(spec));
  try {
    load(network, checkpoint);
    const { loss } = await scores(network, first(train, CLAIMED), spec.shape);
    return { held_out: await scores(network, heldOut, spec.shape), claim: { loss } };
  } finally {
    dispose(network);
  }
}

function dispose(network: Sequential): void {
  network.optimizer.dispose();
  network.dispose();
}
