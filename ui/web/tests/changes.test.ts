import assert from "node:assert/strict";
import test from "node:test";

import { parse } from "../src/trainer/data/csv.ts";
import { fresh } from "../src/trainer/network/layers.ts";
import { presets } from "../src/trainer/network/presets.ts";
import { Project, type Step } from "../src/trainer/project.ts";
import { ready } from "../src/trainer/view/steps.ts";
import type { Said } from "../src/trainer/worker/protocol.ts";

/** What trains, which says what it is told to. */
class Trainer {
  static last: Trainer;
  ended = false;
  onmessage: (event: { data: Said }) => void = () => undefined;

  constructor() {
    Trainer.last = this;
  }

  postMessage(): void {}

  terminate(): void {
    this.ended = true;
  }

  says(...all: Said[]): void {
    for (const data of all) this.onmessage({ data });
  }
}
Object.assign(globalThis, { Worker: Trainer });

const EPOCH = { number: 1, loss: 1, score: 0.5, validationLoss: 1, validationScore: 0.5 };
const TABLE = `a,b,c,answer\n${Array.from({ length: 40 }, (_, n) => `${n},${n % 7},${n / 3},${n % 2 ? "yes" : "no"}`).join("\n")}\n`;

function trained(): Project {
  const project = new Project("worker.js", "reader.js");
  project.takeTable("own", parse(TABLE, ","));
  project.train();
  Trainer.last.says(
    { say: "began", backend: "cpu", why: "" },
    { say: "epoch", epoch: EPOCH, best: 1 },
    { say: "ended", end: "finished", best: 1, at: 1 },
  );
  return project;
}

const CHANGES: [what: string, change: (project: Project) => void][] = [
  ["another target", (project) => project.choose(() => (project.target = project.columns[0]))],
  ["a column that is not used", (project) => project.choose(() => (project.columns[1].kind = "unused"))],
  ["another scaling", (project) => project.choose(() => (project.columns[1].scaling = "range"))],
  ["other shares", (project) => project.choose(() => (project.shares = { ...project.shares, train: 0.5 }))],
  ["another seed", (project) => project.choose(() => (project.seed = 9))],
  ["nothing to predict from", (project) => project.choose(() => project.used.forEach((one) => (one.kind = "unused")))],
  ["another preset", (project) => project.usePreset(presets([3])[0])],
  ["one more layer", (project) => project.build([...project.layers, fresh("dense")])],
];

test("a change keeps the training, says that it is one, and is taken back", () => {
  for (const [what, change] of CHANGES) {
    const project = trained();
    const { run, layers, options } = project;
    const rows = project.prepared?.train.rows;
    assert.equal(project.changed, false, what);
    change(project);
    assert.equal(project.run, run, what);
    assert.equal(Trainer.last.ended, false, what);
    assert.equal(project.changed, true, what);
    const heard: Step[] = [];
    project.hear((step) => heard.push(step));
    project.undo();
    assert.equal(project.changed, false, what);
    assert.deepEqual([project.layers, project.options, project.prepared?.train.rows], [layers, options, rows], what);
    assert.deepEqual(heard, ["columns"], what);
  }
});

test("what is undone by hand is no change, and neither is how it is trained", () => {
  const project = trained();
  project.choose(() => (project.seed = 9));
  project.choose(() => (project.seed = 1));
  project.tune({ rate: 0.5 });
  assert.equal(project.changed, false);
});

test("the next training, and other data, end the one before", () => {
  const project = trained();
  const first = Trainer.last;
  project.build([]);
  project.train();
  assert.equal(first.ended, true);
  assert.equal(project.changed, false);
  project.takeTable("another", parse(TABLE, ","));
  assert.equal(project.run, null);
  assert.equal(Trainer.last.ended, true);
});

test("looks at the test rows are counted for each split, also when it is chosen again", () => {
  const project = trained();
  project.look();
  project.build([]);
  project.train();
  assert.equal(project.tested, 1);
  project.choose(() => (project.seed = 2));
  assert.equal(project.tested, 1);
  project.train();
  assert.equal(project.tested, 0);
  project.choose(() => (project.seed = 1));
  project.train();
  assert.equal(project.tested, 1);
});

test("a training is unsaved from its beginning until its network is kept as it is", () => {
  const project = new Project("worker.js", "reader.js");
  project.takeTable("own", parse(TABLE, ","));
  project.train();
  const run = project.run!;
  assert.equal(run.unsaved, true);
  Trainer.last.says({ say: "epoch", epoch: EPOCH, best: 1 }, { say: "ended", end: "finished", best: 1, at: 1 });
  assert.equal(run.unsaved, true);
  run.keep();
  assert.equal(run.unsaved, false);
  Trainer.last.says({ say: "epoch", epoch: { ...EPOCH, number: 2 }, best: 2 }, { say: "ended", end: "stopped", best: 2, at: 2 });
  assert.equal(run.unsaved, true);
  Trainer.last.says({ say: "ended", end: "diverged", best: 2, at: 2 });
  assert.equal(run.unsaved, false);
});

test("the list of steps says which are ready", () => {
  const done = (project: Project): string[] => Object.entries(ready(project)).filter(([, is]) => is).map(([name]) => name);
  const project = new Project("worker.js", "reader.js");
  assert.deepEqual(done(project), []);
  project.takeTable("own", parse("a,answer\n1,x\n2,x\n3,x\n", ","));
  assert.deepEqual(done(project), ["data"]);
  project.takeTable("own", parse(TABLE, ","));
  assert.deepEqual(done(project), ["data", "columns", "network"]);
  project.build([fresh("convolution")]);
  assert.deepEqual(done(project), ["data", "columns"]);
  const all = trained();
  assert.deepEqual(done(all), ["data", "columns", "network", "training", "validation"]);
  all.run!.tested = 0.9;
  all.look();
  assert.deepEqual(done(all), ["data", "columns", "network", "training", "validation", "test"]);
});
