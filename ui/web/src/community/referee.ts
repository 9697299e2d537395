/** The server's own look at what volunteers say: one question a line in, as JSON, one answer a line out. */
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { message, use, type Backend } from "../trainer/worker/backend.ts";
import { Gate } from "../trainer/worker/gate.ts";
import { prepare } from "./backends.ts";
import { rowsOf } from "./blocks.ts";
import { bytesOf, checkpointOf } from "./checkpoints.ts";
import type { Spec } from "./shapes.ts";
import { judged, trained } from "./slices.ts";

interface Judge {
  id: number;
  ask: "judge";
  spec: Spec;
  checkpoint: string;
  held_out: string;
  train: string;
}

interface Redo {
  id: number;
  ask: "slice";
  spec: Spec;
  /** On what it shall be done, where that is to be as it was done before. */
  backend?: Backend["name"];
  start: string | null;
  train: string;
  from: number;
  to: number;
  out: string;
  /** Whether it is to be seen how far rounding leads, and how to begin then. */
  shaken?: number;
}

async function rowsAt(path: string, { shape, output }: Spec): Promise<ReturnType<typeof rowsOf>> {
  return rowsOf(await readFile(path), shape, output.units);
}

async function judge({ spec, checkpoint, held_out, train }: Judge): Promise<object> {
  await prepare(spec);
  const given = checkpointOf(await readFile(checkpoint));
  return judged(spec, given, await rowsAt(held_out, spec), await rowsAt(train, spec));
}

async function redo({ spec, backend, start, train, from, to, out, shaken }: Redo): Promise<object> {
  if (backend) await use({ name: backend, title: backend });
  const did = backend ?? (await prepare(spec)).name;
  const given = start === null ? null : checkpointOf(await readFile(start));
  const work = { spec, rows: await rowsAt(train, spec), start: given, from, to, shaken };
  const bytes = bytesOf((await trained(work, new Gate(), () => undefined))!);
  await writeFile(out, bytes);
  return { bytes: bytes.length, backend: did };
}

async function answer(line: string): Promise<object> {
  let id: number | null = null;
  try {
    const asked = JSON.parse(line) as Judge | Redo;
    id = asked.id;
    if (asked.ask === "judge") return { id, ...(await judge(asked)) };
    if (asked.ask === "slice") return { id, ...(await redo(asked)) };
    throw new Error(`nobody knows how to ${String((asked as { ask: unknown }).ask)}`);
  } catch (error) {
    return { id, error: message(error) };
  }
}

// What a library says must not stand between the answers and who reads them.
console.warn = console.log = console.info = console.error = () => undefined;
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
