/** Writes trainings that ended in each way, as the trainer tells the service of them, for tests in Python. */
import { events, registered } from "../src/trainer/saving/record.ts";
import { ulid } from "../src/trainer/saving/ulid.ts";
import { OPTIONS } from "../src/trainer/network/options.ts";
import type { End } from "../src/trainer/worker/protocol.ts";

const [lab] = process.argv.slice(2);
const none = { x: new Float32Array(), y: new Float32Array(), count: 0 };

function training(end: End, task: "classes" | "number", epochs: number) {
  const started = new Date(Date.now() - 60_000);
  const loss = (epoch: number): number => (end === "diverged" && epoch === epochs ? NaN : 1 / epoch);
  return {
    started,
    job: {
      seed: 3,
      shape: [4],
      words: 0,
      layers: [{ kind: "dense", units: 8, activation: "relu", initialiser: "heNormal", dropout: 0 } as const],
      output: { units: 3, activation: "softmax" as const },
      options: OPTIONS,
      weights: null,
      train: none,
      validation: none,
    },
    prepared: { task, target: "species" },
    epochs: Array.from({ length: epochs }, (_, index) => ({
      number: index + 1,
      loss: loss(index + 1),
      score: 0.5,
      validationLoss: loss(index + 1),
      validationScore: 0.6,
    })),
    times: Array.from({ length: epochs }, (_, index) => started.getTime() / 1000 + (index + 1) / 100),
    at: end === "early" ? 1 : epochs,
    end,
    tested: end === "finished" ? 0.9 : null,
    words: `It ended: ${end}.`,
    backend: "WebAssembly",
  };
}

const all = [
  training("finished", "classes", 1500),
  training("early", "number", 20),
  training("stopped", "classes", 3),
  training("diverged", "classes", 5),
];
const told = all.map((one) => ({ end: one.end, run: registered(one, ulid(), lab), events: events(one) }));
process.stdout.write(JSON.stringify(told));
