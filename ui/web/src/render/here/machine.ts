/** A worker that computes for a document; it is made when it is needed, and ended by force. */
import type { Output } from "../live/outputs";
import type { Result, Said, Task } from "./protocol";

declare const WORKER: string;

export class Stopped extends Error {}

export interface Hearer {
  doing(what: string): void;
  output(output: Output): void;
}

export class Machine {
  private worker: Worker | null = null;
  private stopped: (() => void) | null = null;

  /** Whether something is remembered from one task to the next. */
  get running(): boolean {
    return this.worker !== null;
  }

  run(task: Task, hearer: Hearer): Promise<Result> {
    this.worker ??= made();
    const worker = this.worker;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        worker.terminate();
        this.worker = this.stopped = null;
        reject(error);
      };
      this.stopped = () => fail(new Stopped());
      worker.onerror = (event) => fail(new Error(event.message || "its worker could not be started."));
      worker.onmessage = ({ data }: MessageEvent<Said>) => {
        if ("doing" in data) hearer.doing(data.doing);
        else if ("output" in data) hearer.output(data.output);
        else if ("broken" in data) fail(new Error(data.broken));
        else {
          this.stopped = null;
          resolve(data.done);
        }
      };
      worker.postMessage(task);
    });
  }

  stop(): void {
    this.stopped?.();
  }
}

function made(): Worker {
  const address = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  // A classic one: browsers start no module worker of a blob where the document has no origin.
  return new Worker(address);
}
