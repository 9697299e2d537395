import assert from "node:assert/strict";
import test from "node:test";

import type { Spec } from "../src/community/shapes.ts";
import type { Part, Prepared } from "../src/trainer/data/prepared.ts";
import { fresh, type Layer } from "../src/trainer/network/layers.ts";
import { OPTIONS } from "../src/trainer/network/options.ts";
import { crowdWords, waits } from "../src/trainer/pool/crowd.ts";
import { markOf } from "../src/trainer/pool/remembered.ts";
import { best, done, network, over, summary, takeable } from "../src/trainer/pool/progress.ts";
import type { PoolJob, Status } from "../src/trainer/pool/shapes.ts";
import { Problem } from "../src/trainer/problem.ts";
import { specOf, type Chosen } from "../src/trainer/pool/spec.ts";
import { takenOf } from "../src/trainer/pool/taking.ts";
import { halvingOf, LIMITS, listed, usual, variations, type Ranges } from "../src/trainer/pool/variations.ts";

const dense = (units: number): Layer => ({ ...fresh("dense"), units }) as Layer;
const part = (count: number): Part => ({
  x: Float32Array.from({ length: count * 2 }, (_, at) => at / 4),
  y: Float32Array.from({ length: count * 3 }, (_, at) => Number(at % 3 === 0)),
  rows: Array.from({ length: count }, (_, at) => at),
});
const prepared = { task: "classes", shape: [2], classes: ["a", "b", "c"], train: part(8), validation: part(4) } as Prepared;
const CHOSEN: Chosen = {
  ...{ prepared, given: null, seed: 7, words: 0, layers: [dense(16)] },
  ...{ output: { units: 3, activation: "softmax" }, options: OPTIONS },
};

test("other data are told from the same ones", () => {
  const marks = [part(8), part(8), part(9)].map((one) => markOf([one, part(4)]));
  assert.equal(marks[0], marks[1]);
  assert.notEqual(marks[0], marks[2]);
  assert.notEqual(marks[0], markOf([part(4), part(8)]));
  assert.match(marks[0], /^[0-9a-f]{16}$/);
});

test("a network goes as it is chosen, without patience", () => {
  const spec = specOf(CHOSEN);
  assert.deepEqual(Object.keys(spec).sort(), ["layers", "options", "output", "rows", "seed", "shape", "weights", "words"]);
  assert.ok(!("patience" in spec.options));
  assert.deepEqual([spec.rows, spec.seed, spec.weights], [8, 7, [1 / 3, 8 / 3, 8 / 3]]);
});

const REFUSED: [what: string, change: Partial<Chosen>, said: RegExp][] = [
  ["no data", { prepared: null }, /no data/],
  ["a given model", { given: {} as Chosen["given"] }, /trained elsewhere/],
  ["nothing to score with", { prepared: { ...prepared, validation: part(0) } as Prepared }, /rows for validation/],
  ["far too large", { layers: [dense(4000), dense(4000)] }, /more than a browser can train/],
  ["a strange rate", { options: { ...OPTIONS, rate: 0 } }, /learning rate/],
];
for (const [what, change, said] of REFUSED)
  test(`the pool is not asked for ${what}`, () => assert.throws(() => specOf({ ...CHOSEN, ...change }), said));

const SPEC: Spec = specOf(CHOSEN);
const RANGES: Ranges = { way: "grid", rates: [0.1, 0.2, 0.3], widths: [1, 2], depths: [1, 2], count: 5 };

test("a grid is every rate with every width and depth", () => {
  const made = variations(SPEC, RANGES);
  assert.equal(made.length, 12);
  assert.deepEqual(made.map(({ options, layers }) => [options.rate, network(layers)]).slice(0, 4), [
    [0.1, "Dense 16"],
    [0.2, "Dense 16"],
    [0.3, "Dense 16"],
    [0.1, "Dense 32"],
  ]);
  assert.equal(network(made[11].layers), "Dense 32, 32");
  assert.ok(made.every(({ seed, shape, rows }) => seed === 7 && shape === SPEC.shape && rows === 8));
});

test("what is the same twice is trained once", () =>
  assert.equal(variations({ ...SPEC, layers: [] }, { ...RANGES, depths: [0] }).length, 3));

test("chance draws within the ranges, the same for the same seed", () => {
  const ranges: Ranges = { ...RANGES, way: "random", count: 20 };
  const made = variations(SPEC, ranges);
  assert.deepEqual(made, variations(SPEC, ranges));
  assert.notDeepEqual(made, variations({ ...SPEC, seed: 8 }, ranges));
  assert.equal(made.length, 20);
  for (const { options, layers } of made) {
    assert.ok(options.rate >= 0.1 && options.rate <= 0.3);
    assert.ok(layers.length === 1 || layers.length === 2);
    assert.ok(layers.every((layer) => layer.kind === "dense" && layer.units >= 16 && layer.units <= 32));
  }
});

test("convolutions grow by filters, words stay what they are", () => {
  const layers: Layer[] = [fresh("embedding"), fresh("convolution"), fresh("pooling")];
  const [, wide] = variations(
    { ...SPEC, shape: [8], words: 9, layers },
    { ...RANGES, rates: [0.1], depths: [0] },
  );
  assert.equal(network(wide.layers), "Embedding 16, convolution 16, pooling average");
});

const TOO_MUCH: [what: string, change: Partial<Ranges>, said: RegExp][] = [
  ["too many", { rates: Array.from({ length: 17 }, (_, at) => at + 1) }, /68 networks.*64/],
  ["none by chance", { way: "random", count: 0 }, /from 1 to 64/],
  ["half a network", { way: "random", count: 1.5 }, /from 1 to 64/],
];
for (const [what, change, said] of TOO_MUCH)
  test(`a search of ${what} is refused`, () => assert.throws(() => variations(SPEC, { ...RANGES, ...change }), said));

test("lists are read as people write them", () => {
  assert.deepEqual(listed("Rates", "0.1, 0.2;0.1\n 3", 0.01, 10), [0.1, 0.2, 3]);
  for (const text of ["", "x", "0.1 x", "-1", "99"]) assert.throws(() => listed("Rates", text, 0.01, 10), /Rates takes/);
  assert.throws(() => listed("Depths", "1.5", 0, 8, true), /whole numbers/);
});

test("around what is chosen is where one begins", () => {
  const found = usual(SPEC);
  assert.deepEqual([found.rates, found.depths], [[0.003, 0.01, 0.03], [1, 2]]);
  assert.equal(variations(SPEC, { ...found, way: "grid" }).length, 12);
});

const RUNGS: [epochs: number, jobs: number, rungs: number[] | null][] = [
  [60, 12, [15, 30]],
  [4, 4, [1, 2]],
  [2, 8, [1]],
  [1, 8, null],
  [60, 3, null],
];
test("the worse half stops after a quarter and a half of all epochs", () => {
  for (const [epochs, jobs, rungs] of RUNGS) assert.deepEqual(halvingOf(epochs, jobs)?.rungs ?? null, rungs);
});

const job = (status: Status, loss: number | null, epoch = 3): PoolJob => ({
  ...{ id: `${status} ${loss}`, status, reason: null, error: null, created: "", epoch, epochs: 10, seed: 1, layers: [], output: SPEC.output, options: SPEC.options, slices: [] },
  scores: loss === null ? [] : [{ epoch, loss, score: 0.5, train_loss: loss }],
});

test("the best is what has the lowest loss, of those that are done", () => {
  const [quick, done, worse, none] = [job("running", 0.1), job("succeeded", 0.4), job("succeeded", 0.6), job("queued", null)];
  assert.equal(best([none, worse, done, quick]), done);
  assert.equal(best([none, quick]), quick);
  assert.equal(best([none]), null);
  assert.deepEqual([quick, done, none, job("stopped", 0.3), job("stopped", null, 0), job("failed", 0.2)].map(takeable), [
    ...[false, true, false, true, false, false],
  ]);
});

test("how far a search is, is said in words and numbers", () => {
  const jobs = [job("succeeded", 0.4, 10), job("stopped", 0.5, 3), job("running", 0.6, 2), job("queued", null, 0)];
  assert.equal(summary({ jobs }), "2 of 4 over, 1 in training, 1 waiting.");
  assert.deepEqual(done(jobs), { value: 15, max: 33 });
  assert.equal(over({ jobs }), false);
  assert.equal(summary({ jobs: jobs.slice(0, 2) }), "All 2 networks are over: 1 done, 1 stopped.");
  assert.equal(over({ jobs: jobs.slice(0, 2) }), true);
});

const CROWDS: [enabled: boolean, workers: number, wait: boolean, said: RegExp][] = [
  [true, 0, true, /^Nobody lends a machine/],
  [true, 1, false, /^1 machine is lent/],
  [true, 1200, false, /^1,200 machines are lent/],
  [false, 3, true, /switched the pool off/],
];
for (const [enabled, workers, wait, said] of CROWDS)
  test(`who lends, with ${workers} of a pool that is ${enabled ? "on" : "off"}`, () => {
    assert.match(crowdWords({ enabled, workers }), said);
    assert.equal(waits({ enabled, workers }), wait);
  });

test("what is proposed for a list is taken for it", () => {
  for (const [name, least, most, whole] of Object.values(LIMITS)) {
    const error = (() => {
      try {
        listed(name, "x", least, most, whole);
      } catch (error) {
        return error as Problem;
      }
    })();
    const proposed = error!.mend.match(/example (.*)\.$/)![1];
    assert.equal(listed(name, proposed, least, most, whole).length, 2, name);
  }
});

test("a job becomes a training, with the curve that the server saw", () => {
  const slice = { from: 0, to: 5, status: "accepted", worker: "otter", started: "2026-05-01T12:00:00Z", seconds: 9, check: false };
  const scores = [
    { epoch: 5, loss: 0.5, score: 0.8, train_loss: 0.4 },
    { epoch: 8, loss: null, score: null, train_loss: null },
    { epoch: 10, loss: 0.3, score: 0.9, train_loss: null },
    { epoch: 15, loss: 0.2, score: 0.9, train_loss: 0.1 },
  ];
  const found = takenOf(
    { ...job("stopped", 1), created: "2026-05-01T11:00:00Z", scores, slices: [{ ...slice, ended: "2026-05-01T12:00:09Z" }] },
    { epoch: 10 } as never,
  );
  assert.deepEqual(found.epochs, [
    { number: 5, loss: 0.4, score: null, validationLoss: 0.5, validationScore: 0.8 },
    { number: 10, loss: NaN, score: null, validationLoss: 0.3, validationScore: 0.9 },
  ]);
  assert.deepEqual([found.started, found.times[0]], [Date.UTC(2026, 4, 1, 12), Date.UTC(2026, 4, 1, 12) / 1000 + 9]);
});
