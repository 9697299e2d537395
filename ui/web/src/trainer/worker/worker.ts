/** Trains and predicts for the page, one network at a time, in a thread of its own. */
import { sow } from "../chance.ts";
// Recurrent layers call some operations as methods of tensors.
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { candidates, choose, CPU, message, use, type Backend } from "./backend.ts";
import { model } from "./build.ts";
import type { About, Files } from "../given/about.ts";
import type { Asked, Job, Said } from "./protocol.ts";
import { Training } from "./training.ts";

declare const self: { onmessage: (event: MessageEvent<Asked>) => void; postMessage(said: Said): void };

const say = (said: Said): void => self.postMessage(said);
let training: Training | null = null;

/** What is trained: built here, or made elsewhere, which takes more of TensorFlow.js. */
async function network(job: Job): Promise<LayersModel> {
  return job.given ? (await import("./given.ts")).tuned(job) : model(job);
}

async function inspected(files: Files): Promise<About> {
  await use(CPU);
  return (await import("./given.ts")).look(files);
}

/** One step on a few rows: whether the backend has all that these layers need to learn. */
async function attempt(job: Job): Promise<void> {
  const few = Math.min(4, job.train.count);
  const cut = {
    x: job.train.x.slice(0, few * (job.train.x.length / job.train.count)),
    y: job.train.y.slice(0, few * job.output.units),
    count: few,
  };
  const trial = new Training(await network(job), { ...job, train: cut, validation: cut }, () => undefined);
  try {
    await (job.given?.tune === false ? trial.predict(cut.x, few) : trial.run(1));
  } finally {
    trial.dispose();
  }
}

async function chosen(job: Job): Promise<[Backend, string]> {
  const [backend, why] = await choose(candidates(job), () => attempt(job));
  if (backend) return [backend, why];
  throw new Error(job.given?.tune ? `${why}What stays fixed need not learn: keep more of its layers as they are` : why);
}

async function begin(job: Job): Promise<void> {
  training?.dispose();
  training = null;
  say({ say: "doing", what: "Loading TensorFlow.js" });
  const [backend, why] = await chosen(job);
  sow(job.seed);
  training = new Training(await network(job), job, say);
  say({ say: "began", backend: backend.title, why });
  if (job.taken) return training.take(job.taken);
  if (job.given?.tune === false) return say({ say: "ended", end: "untouched", best: 0, at: 0 });
  await training.run();
}

function current(): Training {
  if (!training) throw new Error("nothing has been trained yet");
  return training;
}

async function answer(asked: Asked): Promise<unknown> {
  switch (asked.ask) {
    case "train":
      return begin(asked.job);
    case "inspect":
      return inspected(asked.files);
    case "on":
      return current().run(asked.epochs);
    case "pause":
      return current().controls.pause();
    case "resume":
      return current().controls.resume();
    case "stop":
      return current().controls.stop();
    case "best":
      return current().undo();
    case "predict":
      return current().predict(asked.x, asked.count);
    case "activations":
      return current().activations(asked.x);
    case "weights":
      return current().weights();
    case "save":
      return current().save();
  }
}

self.onmessage = async ({ data: asked }) => {
  const id = "id" in asked ? asked.id : null;
  try {
    const value = await answer(asked);
    if (id !== null) say({ say: "answer", id, value });
  } catch (error) {
    say({ say: "failed", id, message: message(error) });
  }
};
