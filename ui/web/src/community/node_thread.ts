/** Threads of Node.js: the script that begins one is the script that it runs. */
import { parentPort, Worker } from "node:worker_threads";
import { served, type Said } from "./slicer.ts";
import type { Begin } from "./thread.ts";

export const begin: Begin = (hear) => {
  const worker = new Worker(new URL(import.meta.url));
  worker.on("message", (said: Said) => hear(said));
  worker.on("error", ({ message }) => hear({ say: "failed", message }));
  return { tell: (asked) => worker.postMessage(asked), end: () => void worker.terminate() };
};

/** What such a thread does. */
export function serve(): void {
  parentPort!.on("message", served((said, given) => parentPort!.postMessage(said, given), spent));
}

/** Milliseconds of all threads: those that collect garbage count as well, and what others take does not. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
