/** Trains slices in a thread of its own, for whoever holds their leases: it knows no network and no page. */
import { message, type Backend } from "../trainer/worker/backend.ts";
import { prepare } from "./backends.ts";
import { rowsOf } from "./blocks.ts";
import { bytesOf, checkpointOf } from "./checkpoints.ts";
import { PacedGate } from "./pace.ts";
import type { Point, Spec } from "./shapes.ts";
import { trained } from "./slices.ts";
import { measured, type Speed } from "./speed.ts";

/** Milliseconds between two reports. */
const OFTEN = 200;

/** A slice with all that it takes, as it came. */
export interface Order {
  spec: Spec;
  rows: Uint8Array;
  start: Uint8Array | null;
  from: number;
  to: number;
  graphics: boolean;
}

export type Asked =
  | { ask: "measure"; graphics: boolean }
  | { ask: "slice"; order: Order }
  | { ask: "share"; share: number }
  | { ask: "pause" | "resume" };

export type Said =
  | { say: "measured"; speed: Speed }
  | { say: "began"; backend: Backend["name"] }
  | { say: "epoch"; epoch: number }
  | { say: "done"; checkpoint: Uint8Array<ArrayBuffer> }
  | { say: "failed"; message: string };

/** Tells how far it is, not more often than anybody looks. */
function passed(say: (said: Said) => void): (point: Point) => void {
  let told = 0;
  return ({ epoch }) => {
    if (performance.now() - told < OFTEN) return;
    told = performance.now();
    say({ say: "epoch", epoch });
  };
}

/** What a thread does with all that it is asked; `spent` as its gate takes it. */
export function served(
  say: (said: Said, given?: ArrayBuffer[]) => void,
  spent: (() => number) | null = null,
): (asked: Asked) => Promise<void> {
  const gate = new PacedGate(1, spent);

  async function slice({ spec, rows, start, from, to, graphics }: Order): Promise<void> {
    const backend = await prepare(spec, graphics);
    say({ say: "began", backend: backend.name });
    const read = rowsOf(rows, spec.shape, spec.output.units);
    const work = { spec, rows: read, start: start && checkpointOf(start), from, to };
    const made = await trained(work, gate, passed(say));
    const checkpoint = bytesOf(made!);
    // What is done at the end takes its rest as well.
    await gate.pass();
    say({ say: "done", checkpoint }, [checkpoint.buffer]);
  }

  async function answer(asked: Asked): Promise<void> {
    switch (asked.ask) {
      case "share":
        return void (gate.share = asked.share);
      case "pause":
        return gate.pause();
      case "resume":
        return gate.resume();
      case "measure":
        return say({ say: "measured", speed: await measured(asked.graphics) });
      case "slice":
        gate.begin();
        return slice(asked.order);
    }
  }

  return (asked) => answer(asked).catch((error: unknown) => say({ say: "failed", message: message(error) }));
}
