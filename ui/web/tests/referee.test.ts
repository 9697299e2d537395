import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";

import { blockOf } from "../src/community/blocks.ts";
import { bytesOf, checkpointOf } from "../src/community/checkpoints.ts";
import type { Spec } from "../src/community/shapes.ts";
import { chance } from "../src/trainer/chance.ts";
import { built, skip } from "./bundled.ts";

const spec: Spec = {
  seed: 4,
  shape: [2],
  words: 0,
  layers: [{ kind: "dense", units: 8, activation: "tanh", initialiser: "glorotUniform", dropout: 0 }],
  output: { units: 2, activation: "softmax" },
  options: { optimiser: "adam", rate: 0.05, batch: 8, epochs: 8, weighed: false },
  weights: null,
  rows: 64,
};

/** Which of two numbers is larger. */
function rows(count: number, seed: number): Uint8Array {
  const next = chance(seed);
  const x = Float32Array.from({ length: count * 2 }, () => next() * 2 - 1);
  const y = new Float32Array(count * 2);
  for (let row = 0; row < count; row++) y[row * 2 + Number(x[row * 2 + 1] > x[row * 2])] = 1;
  return blockOf({ x, y, count }, [2]);
}

/** The referee as the server starts it, and a way to ask it. */
async function referee(folder: string): Promise<[ask: (question: object | string) => Promise<any>, end: () => void]> {
  const script = await built("src/community/referee.ts");
  // No child of it, no file but these: what it is asked for is all that it can do.
  const flags = [`--allow-fs-read=${join(script, "..", "*")}`, `--allow-fs-read=${folder}/*`, `--allow-fs-write=${folder}/*`];
  const process_ = spawn(process.execPath, ["--permission", ...flags, script], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
  const ask = async (question: object | string): Promise<any> => {
    process_.stdin.write(`${typeof question === "string" ? question : JSON.stringify(question)}\n`);
    return JSON.parse((await lines.next()).value);
  };
  return [ask, () => process_.kill()];
}

test("the referee trains, scores, and says what it cannot", { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "mlabs-referee-"));
  const [train, held_out, first, last, whole] = ["train", "held", "a", "b", "c"].map((name) => join(folder, name));
  await writeFile(train, rows(64, 3));
  await writeFile(held_out, rows(32, 5));
  const [ask, end] = await referee(folder);
  try {
    const slice = { ask: "slice", spec, train };
    const made = await ask({ id: 1, ...slice, start: null, from: 0, to: 4, out: first });
    assert.equal(made.error, undefined);
    assert.deepEqual(made, { id: 1, bytes: (await readFile(first)).length, backend: "wasm" });
    assert.equal((await ask({ id: 2, ...slice, start: first, from: 4, to: 8, out: last })).error, undefined);
    await ask({ id: 3, ...slice, start: null, from: 0, to: 8, out: whole });
    const [sliced, uninterrupted] = await Promise.all([last, whole].map(async (one) => checkpointOf(await readFile(one))));
    assert.deepEqual(sliced.weights, uninterrupted.weights);

    const elsewhere = { id: 11, ...slice, start: null, from: 0, to: 8, out: whole };
    assert.equal((await ask({ ...elsewhere, backend: "cpu" })).backend, "cpu");
    assert.match((await ask({ ...elsewhere, backend: "webgl" })).error, /./);

    const begin = first;
    const shaken = await Promise.all([1, 2, 1].map(async (how, at) => {
      const out = join(folder, `shaken-${at}`);
      await ask({ id: 20 + at, ...slice, start: begin, from: 4, to: 8, out, shaken: how });
      return checkpointOf(await readFile(out)).weights.flatMap(({ values }) => [...values]);
    }));
    const still = sliced.weights.flatMap(({ values }) => [...values]);
    const apart = (one: number[], other: number[]): number => Math.max(...one.map((value, at) => Math.abs(value - other[at])));
    assert.ok(apart(shaken[0], still) > 0 && apart(shaken[0], still) < 1e-3);
    assert.ok(apart(shaken[0], shaken[1]) > 0, "it is shaken the same way each time");
    assert.deepEqual(shaken[0], shaken[2]);

    const judge = { ask: "judge", spec, held_out, train };
    const said = await ask({ id: 4, ...judge, checkpoint: last });
    assert.ok(Math.abs(said.claim.loss - sliced.claim.loss!) < 1e-6);
    const begun = await ask({ id: 5, ...judge, checkpoint: first });
    assert.ok(said.held_out.loss < begun.held_out.loss, "it learned nothing");
    assert.ok(said.held_out.score > 0.8 && said.held_out.score <= 1);

    sliced.weights[0].values.fill(NaN);
    await writeFile(first, bytesOf(sliced));
    const nothing = await ask({ id: 6, ...judge, checkpoint: first });
    assert.deepEqual(nothing.claim, { loss: null });
    assert.equal(nothing.held_out.loss, null);

    assert.match((await ask({ id: 7, ...judge, checkpoint: train })).error, /not mlabs-checkpoint/);
    assert.match((await ask({ id: 8, ...judge, checkpoint: last, train: held_out, spec: { ...spec, shape: [3] } })).error, /./);
    assert.match((await ask({ id: 9, ask: "dance" })).error, /dance/);
    assert.equal((await ask("no JSON")).id, null);
    assert.match((await ask({ id: 10, ...judge, checkpoint: "/etc/passwd" })).error, /restricted|permission/i);
  } finally {
    end();
    await rm(folder, { recursive: true });
  }
});
