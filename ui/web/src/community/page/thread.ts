/** The thread of a lent tab that trains: a worker of the browser's. */
import type { Said } from "../slicer.ts";
import type { Begin } from "../thread.ts";

/** How one is begun of the script at an address. */
export function workerThread(address: string): Begin {
  return (hear) => {
    const worker = new Worker(address, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Said>) => hear(data);
    worker.onerror = (event) => hear({ say: "failed", message: event.message || "its worker could not be started" });
    return { tell: (asked) => worker.postMessage(asked), end: () => worker.terminate() };
  };
}
