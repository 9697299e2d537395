import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import test, { after } from "node:test";

import { blockOf } from "../src/community/blocks.ts";
import { checkpointOf, type Checkpoint } from "../src/community/checkpoints.ts";
import { untilOpen } from "../src/community/hours.ts";
import { lines } from "../src/community/lines.ts";
import type { Spec } from "../src/community/shapes.ts";
import { OFF, type State } from "../src/community/state.ts";
import { chance } from "../src/trainer/chance.ts";
import { built, skip } from "./bundled.ts";
import { FakePool, refusal } from "./fake_pool.ts";

const script = skip ? "" : await built("src/community/volunteer.ts");

function specOf(seed: number, more: Partial<Spec["options"]> = {}): Spec {
  return {
    ...{ seed, shape: [3], words: 0, weights: null, rows: 64 },
    layers: [{ kind: "dense", units: 8, activation: "tanh", initialiser: "glorotUniform", dropout: 0 }],
    output: { units: 2, activation: "softmax" },
    options: { optimiser: "adam", rate: 0.03, batch: 8, epochs: 6, weighed: false, ...more },
  };
}

function block(): Uint8Array {
  const next = chance(3);
  const x = Float32Array.from({ length: 64 * 3 }, () => next() * 2 - 1);
  const y = Float32Array.from({ length: 64 * 2 }, (_, at) => Number(x[(at >> 1) * 3] > 0 === Boolean(at % 2)));
  return blockOf({ x, y, count: 64 }, [3]);
}

/** A process that lends, what it says, and how to see it in a state. */
class Volunteer {
  states: State[] = [];
  process: ChildProcess;
  ended: Promise<number | null>;

  constructor(api: string, more: { share?: number; once?: boolean; hours?: object; token?: string } = {}) {
    const { share = 1, once = false, hours = null, token = "" } = more;
    const asked = { api, token, options: { share, graphics: false, hours }, once, json: true };
    const env = { ...process.env, MLABS_VOLUNTEER: JSON.stringify(asked) };
    this.process = spawn(process.execPath, [script], { env, stdio: ["ignore", "pipe", "inherit"] });
    this.ended = new Promise((resolve) => this.process.on("exit", (code) => resolve(code)));
    let text = "";
    this.process.stdout!.on("data", (more: Buffer) => {
      const lines = (text + String(more)).split("\n");
      text = lines.pop()!;
      this.states.push(...lines.map((line) => JSON.parse(line) as State));
    });
    after(() => this.process.kill("SIGKILL"));
  }

  get last(): State {
    return this.states.at(-1)!;
  }
}

async function until(holds: () => unknown, what: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!holds()) {
    assert.ok(Date.now() < end, `${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A pool that is closed at the end of the test, its address, and where each of its jobs came to. */
async function pool(specs: Spec[], every = 2): Promise<[FakePool, string]> {
  const made = new FakePool(specs, block(), every);
  after(() => made.close());
  return [made, await made.listen()];
}

function results({ jobs, blobs }: FakePool): Checkpoint[] {
  return jobs.map(({ head }) => checkpointOf(blobs.get(head!)!));
}

/** What the jobs come to where nothing interrupts them. */
async function uninterrupted(specs: Spec[]): Promise<Checkpoint[]> {
  const [alone, api] = await pool(specs, 1000);
  const volunteer = new Volunteer(api);
  await until(() => alone.ended, "the end of all jobs");
  volunteer.process.kill("SIGTERM");
  await volunteer.ended;
  return results(alone);
}

test("two that lend train four jobs, one of them is killed, and all come to what they should", { skip }, async () => {
  const specs = [1, 2, 3, 4].map((seed) => specOf(seed, { epochs: 12, optimiser: seed % 2 ? "adam" : "sgd" }));
  const [shared, api] = await pool(specs);
  shared.seconds = 3;
  const volunteers = [new Volunteer(api), new Volunteer(api)];
  await until(() => volunteers[0].last?.job, "work");
  volunteers[0].process.kill("SIGKILL");
  await until(() => shared.ended, "the end of all jobs");
  assert.ok(volunteers[1].last.done > 0);
  volunteers[1].process.kill("SIGINT");
  assert.equal(await volunteers[1].ended, 0);
  assert.equal(volunteers[1].last.phase, "off");
  const wanted = await uninterrupted(specs);
  results(shared).forEach(({ weights, epoch }, at) => {
    assert.equal(epoch, 12);
    assert.deepEqual(weights, wanted[at].weights);
  });
});

test("whoever is signed in registers, and only the worker's token is used from then on", { skip }, async () => {
  const [one, api] = await pool([specOf(1)], 6);
  const volunteer = new Volunteer(api, { token: "mine", once: true, share: 0.5 });
  assert.equal(await volunteer.ended, 0);
  assert.deepEqual([...new Set(one.credentials)], ["token mine", "worker secret"]);
  const [{ kind, backend, speed, ...others }] = one.registered;
  assert.deepEqual([kind, backend, others], ["machine", "wasm", {}]);
  assert.ok(Number(speed) > 1 && Number(speed) === volunteer.last.speed / 2);
  assert.deepEqual(one.asked.at(-1), "DELETE workers/w1");
  const { job, ends, epochs } = volunteer.last.last!;
  assert.deepEqual([job, ends, epochs, volunteer.last.done], ["job-0", true, 6, 1]);
});

/** Milliseconds: the least of three times, as what else runs on a busy machine holds up one of them, and a fault all. */
async function least(once: () => Promise<number>): Promise<number> {
  let found = Infinity;
  for (let tries = 0; tries < 3 && found >= 1000; tries++) found = Math.min(found, await once());
  return found;
}

/** How long it takes to end. */
async function signalled({ process, ended }: Volunteer, signal: "SIGINT" | "SIGTERM"): Promise<number> {
  const began = Date.now();
  process.kill(signal);
  assert.equal(await ended, 0);
  return Date.now() - began;
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  test(`${signal} stops it within a second, and gives the lease back`, { skip }, async () => {
    // One step of this takes longer than that.
    const long = { ...specOf(1, { batch: 4096, epochs: 2000 }), layers: [...specOf(1).layers] };
    for (let at = 0; at < 3; at++) long.layers.push({ kind: "dense", units: 1200, activation: "relu", initialiser: "heNormal", dropout: 0 });
    const took = await least(async () => {
      const [one, api] = await pool([long], 2000);
      const volunteer = new Volunteer(api);
      await until(() => volunteer.last?.job, "work");
      const took = await signalled(volunteer, signal);
      assert.deepEqual(one.asked.slice(-2), ["POST jobs/job-0/release", "DELETE workers/w1"]);
      assert.equal(one.jobs[0].lease, null);
      return took;
    });
    assert.ok(took < 1000, `${took} ms`);
  });

test("a server that hangs does not hold it up", { skip }, async () => {
  const took = await least(async () => {
    const [one, api] = await pool([specOf(1, { epochs: 2000 })], 2000);
    const volunteer = new Volunteer(api);
    await until(() => volunteer.last?.job, "work");
    one.answerNothing = true;
    return signalled(volunteer, "SIGINT");
  });
  assert.ok(took < 1000, `${took} ms`);
});

test("only the thread that computes gives way to all others", { skip: skip || !existsSync("/proc/self/task") }, async () => {
  const [, api] = await pool([specOf(1, { epochs: 2000 })], 2000);
  const volunteer = new Volunteer(api);
  await until(() => volunteer.last?.job, "work");
  const { pid } = volunteer.process;
  const nice = (task: string | number): number => {
    // After the name, which may hold anything.
    const fields = readFileSync(`/proc/${pid}/task/${task}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    return Number(fields[16]);
  };
  const all = readdirSync(`/proc/${pid}/task`).map(nice);
  assert.equal(nice(pid!), getPriority());
  assert.ok(all.includes(19), String(all));
});

test("where nobody goes on with it, it ends at once and asks for other work", { skip }, async () => {
  const [one, api] = await pool([specOf(1, { epochs: 2000 }), specOf(2, { epochs: 4 })], 2000);
  one.seconds = 1;
  one.goOn = false;
  const volunteer = new Volunteer(api);
  await until(() => one.epochs.length, "a renewal");
  const { lease } = one.jobs[0];
  // Cancelled: it is nobody's from now on.
  one.jobs[0].spec.options.epochs = 0;
  one.goOn = true;
  await until(() => one.jobs[1].epoch === 4 && volunteer.last.done, "other work");
  assert.ok(lease && !one.asked.includes("POST jobs/job-0/release"), "what is cancelled is not given back");
  assert.equal(volunteer.last.done, 1);
});

test("a connection that breaks costs nothing", { skip }, async () => {
  const [one, api] = await pool([specOf(1)]);
  for (const to of ["POST workers", "POST jobs/claim", "GET jobs/data", "GET jobs/checkpoints", "POST jobs/job-0/result"])
    one.odd.push({ to, answer: "cut", times: 1 });
  one.odd.push({ to: "POST jobs/claim", answer: [503, {}, { "Retry-After": "0.1" }], times: 1 });
  const volunteer = new Volunteer(api);
  await until(() => one.ended, "the end");
  assert.ok(volunteer.states.some(({ phase }) => phase === "unreachable"));
  assert.equal(one.asked.filter((what) => what.startsWith("GET jobs/data")).length, 2, "rows are fetched once");
});

test("a lease that ran out is no worry, and one that is forged is not served", { skip }, async () => {
  const [late, api] = await pool([specOf(1)]);
  late.odd.push({ to: "POST jobs/job-0/result", answer: refusal(409, "lease_expired"), times: 1 });
  late.seconds = 1;
  const volunteer = new Volunteer(api);
  await until(() => late.ended, "the end");
  assert.equal(volunteer.last.phase === "failed", false);
  const [forging, elsewhere] = await pool([specOf(1)]);
  forging.forged = true;
  const wary = new Volunteer(elsewhere);
  assert.equal(await wary.ended, 1);
  assert.match(wary.last.why, /did not sign/);
  assert.equal(forging.asked.filter((what) => what.startsWith("GET")).length, 0);
});

test("other numbers than were named are not trained on", { skip }, async () => {
  const [one, api] = await pool([specOf(1)]);
  one.odd.push({ to: "GET jobs/data", answer: [200, block().subarray(4)], times: 9 });
  const volunteer = new Volunteer(api);
  assert.equal(await volunteer.ended, 1);
  assert.match(volunteer.last.why, /other numbers/);
});

test("a worker that is forgotten registers again, one in quarantine ends with the server's words", { skip }, async () => {
  const [one, api] = await pool([specOf(1)]);
  one.odd.push({ to: "POST jobs/claim", answer: refusal(403, "worker_unknown"), times: 1 });
  const volunteer = new Volunteer(api);
  await until(() => one.ended, "the end");
  assert.equal(one.registered.length, 2);
  one.odd.push({ to: "POST jobs/claim", answer: refusal(403, "quarantined"), times: 1 });
  assert.equal(await volunteer.ended, 1);
  assert.equal(volunteer.last.why, "This is quarantined.");
});

const PAGE = new TextEncoder().encode("<!DOCTYPE html>");

test("a proxy whose service is just starting is asked again", { skip }, async () => {
  const [one, api] = await pool([specOf(1)]);
  one.odd.push({ to: "POST workers", answer: [404, PAGE], times: 1 });
  one.odd.push({ to: "POST jobs/claim", answer: [404, PAGE, { "Retry-After": "0.1" }], times: 1 });
  const volunteer = new Volunteer(api);
  await until(() => one.ended, "the end");
  const why = volunteer.states.find(({ phase }) => phase === "unreachable")?.why;
  assert.match(why ?? "", /no MLabs, or one that is just starting \(404\)/);
});

test("a pool that is switched off is waited for, and what was begun is given back", { skip }, async () => {
  const [one, api] = await pool([specOf(1)]);
  one.odd.push({ to: "POST jobs/job-0/result", answer: refusal(403, "community_disabled"), times: 1 });
  const volunteer = new Volunteer(api);
  await until(() => volunteer.last?.phase === "paused", "a pause");
  assert.match(volunteer.last.why, /This is community_disabled\. It is asked again/);
  assert.ok(one.asked.includes("POST jobs/job-0/release") && volunteer.last.until! > Date.now());
  volunteer.process.kill("SIGINT");
  assert.equal(await volunteer.ended, 0);
});

test("who never came to lend is told why, and is not thanked", { skip }, async () => {
  const [one, api] = await pool([specOf(1)]);
  one.odd.push({ to: "POST workers", answer: refusal(403, "credentials_required"), times: 1 });
  const volunteer = new Volunteer(api);
  assert.equal(await volunteer.ended, 1);
  assert.deepEqual(volunteer.states.map(({ phase }) => phase).filter((phase) => phase !== "starting"), ["failed"]);
});

test("where nobody is reached, it says why", { skip }, async () => {
  const [closed, nobody] = await pool([specOf(1)]);
  closed.close();
  const told: [api: string, said: RegExp][] = [
    [nobody, /Nothing answers at that address/],
    ["http://nowhere.invalid/", /no server of that name|cannot be looked up/],
  ];
  for (const [api, said] of told) {
    const volunteer = new Volunteer(api);
    await until(() => volunteer.last?.phase === "unreachable", "an attempt");
    assert.match(volunteer.last.why, said);
    volunteer.process.kill("SIGINT");
    await volunteer.ended;
  }
});

const SAID: [what: string, after: Partial<State>, line: RegExp][] = [
  ["nobody was reached", { phase: "unreachable", why: "The connection was cut.", until: 0 }, /^The connection was cut\. Asked again from [\d:]+ on\.$/],
  ["nothing was done", { phase: "off" }, /^Stopped\.$/],
  ["something was done", { phase: "off", done: 1 }, /Thank you/],
];
for (const [what, after, line] of SAID)
  test(`at a terminal, where ${what}`, () => {
    const before: State = { ...OFF, phase: "waiting", done: after.done ?? 0 };
    const said = lines(before, { ...OFF, ...after }, { share: 1, graphics: false, hours: null }, "vm");
    assert.equal(said.length, 1);
    assert.match(said[0], line);
  });

test("it takes no more of the processor than the share that was set", { skip }, async () => {
  const [one, api] = await pool([specOf(1, { epochs: 1e6 })], 1e6);
  const volunteer = new Volunteer(api, { share: 0.3 });
  await until(() => volunteer.last?.job && volunteer.last.job.epoch > 20, "some epochs");
  const took = await taken(volunteer.process.pid!, 4000);
  // That it takes no less is seen in pace.test.ts: here others may need the processor more.
  assert.ok(took > 0 && took < 1.1 * 0.3, `${took}`);
  volunteer.process.kill("SIGINT");
  await volunteer.ended;
});

/** How much of one processor a process takes for a while. */
async function taken(pid: number, milliseconds: number): Promise<number> {
  const { readFileSync } = await import("node:fs");
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  const [before, began] = [ticks(), Date.now()];
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return ((ticks() - before) * 10) / (Date.now() - began);
}

const HOURS: [from: number, to: number, now: string, milliseconds: number][] = [
  [22, 6, "2026-03-04T23:30:00", 0],
  [22, 6, "2026-03-04T05:59:59", 0],
  [22, 6, "2026-03-04T06:00:00", 16 * 3600_000],
  [9, 17, "2026-03-04T08:59:00", 60_000],
  [9, 17, "2026-03-04T12:00:00", 0],
  [9, 17, "2026-03-04T17:00:00", 16 * 3600_000],
  [5, 5, "2026-03-04T12:00:00", 0],
];

for (const [from, to, now, milliseconds] of HOURS)
  test(`from ${from} to ${to}, at ${now}`, () => assert.equal(untilOpen({ from, to }, new Date(now)), milliseconds));

test("outside the hours nothing is asked for", { skip }, async () => {
  const [one, api] = await pool([specOf(1)]);
  const hour = new Date().getHours();
  const volunteer = new Volunteer(api, { hours: { from: (hour + 2) % 24, to: (hour + 3) % 24 } });
  await until(() => volunteer.last?.phase === "resting", "rest");
  assert.ok(volunteer.last.until! > Date.now());
  assert.deepEqual(one.asked, []);
});
