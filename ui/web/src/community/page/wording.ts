/** What is said of a tab that is lent, in plain words. */
import { lasting } from "../../pages/islands/time.ts";
import type { Done, State } from "../state.ts";

/** What computes, as the trainer calls it. */
export const BACKENDS: Record<string, string> = {
  cpu: "plain JavaScript",
  wasm: "WebAssembly",
  webgl: "a graphics card",
  webgpu: "a graphics card",
};

/** What it is about; this is read out, so it says no more than what changed. */
export function words({ phase, why, until }: State): string {
  switch (phase) {
    case "off":
      return "Nothing runs.";
    case "starting":
      return "Starting: TensorFlow.js is loaded, and it is measured how fast this machine computes.";
    case "working":
      return "Training for somebody.";
    case "waiting":
      return "Ready: there is nothing to do just now. It asks again by itself.";
    case "resting":
      return until ? `It rests until ${new Date(until).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}.` : "It rests.";
    case "paused":
      return why || "It rests.";
    case "unreachable":
      return "The server cannot be reached. It is asked again by itself.";
    case "failed":
      return why || "Something went wrong. Load the page again.";
  }
}

function many(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

export const detail = {
  /** What changes often, and is not read out. */
  doing({ name, backend, job }: State): string {
    const who = name ? `Others see this tab as ${name}${backend ? `, computing with ${BACKENDS[backend] ?? backend}` : ""}.` : "";
    if (!job) return who;
    return `A network of ${many(job.layers + 1, "layer")}, ${many(job.rows, "row")}, epochs ${job.from + 1} to ${job.to}. ${who}`;
  },

  done({ epochs, seconds, ends }: Done): string {
    const last = ends ? " With it that network is done." : "";
    return `${many(epochs, "epoch")} in ${lasting(seconds * 1000)}, sent and taken.${last}`;
  },
};
