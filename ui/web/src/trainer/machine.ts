/** The worker as the page sees it: it is made when it is needed, and ended by force where it must. */
import type { About, Files } from "./given/about.ts";
import { Problem } from "./problem.ts";
import type { Asked, End, Epoch, Job, Said, Saved, Weight } from "./worker/protocol.ts";

export interface Hearer {
  doing(what: string): void;
  began(backend: string, why: string): void;
  epoch(epoch: Epoch, best: number): void;
  ended(end: End, best: number, at: number): void;
  failed(message: string): void;
}

type Question =
  | { ask: "inspect"; files: Files }
  | { ask: "best" }
  | { ask: "weights" }
  | { ask: "save" }
  | { ask: "activations"; x: Float32Array }
  | { ask: "predict"; x: Float32Array; count: number };

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

export class Machine {
  private worker: Worker;
  private waiting = new Map<number, Waiting>();
  private next = 0;

  constructor(
    address: string,
    private hearer: Hearer,
  ) {
    this.worker = new Worker(address, { type: "module" });
    this.worker.onerror = (event) => hearer.failed(event.message || "its worker could not be started");
    this.worker.onmessage = ({ data }: MessageEvent<Said>) => this.hear(data);
  }

  private hear(said: Said): void {
    if (said.say === "doing") this.hearer.doing(said.what);
    else if (said.say === "began") this.hearer.began(said.backend, said.why);
    else if (said.say === "epoch") this.hearer.epoch(said.epoch, said.best);
    else if (said.say === "ended") this.hearer.ended(said.end, said.best, said.at);
    else if (said.say === "answer") this.settle(said.id)?.resolve(said.value as never);
    else if (said.id === null) this.hearer.failed(said.message);
    else this.settle(said.id)?.reject(new Error(said.message));
  }

  private settle(id: number): Waiting | undefined {
    const found = this.waiting.get(id);
    this.waiting.delete(id);
    return found;
  }

  private tell(asked: Asked): void {
    this.worker.postMessage(asked);
  }

  private ask<T>(question: Question): Promise<T> {
    const id = this.next++;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.tell({ ...question, id } as Asked);
    });
  }

  train(job: Job): void {
    this.tell({ ask: "train", job });
  }

  on(epochs: number): void {
    this.tell({ ask: "on", epochs });
  }

  control(ask: "pause" | "resume" | "stop"): void {
    this.tell({ ask });
  }

  inspect(files: Files): Promise<About> {
    return this.ask({ ask: "inspect", files });
  }

  best(): Promise<number> {
    return this.ask({ ask: "best" });
  }

  predict(x: Float32Array, count: number): Promise<Float32Array> {
    return this.ask({ ask: "predict", x, count });
  }

  activations(x: Float32Array): Promise<Weight[]> {
    return this.ask({ ask: "activations", x });
  }

  weights(): Promise<Weight[]> {
    return this.ask({ ask: "weights" });
  }

  save(): Promise<Saved> {
    return this.ask({ ask: "save" });
  }

  end(): void {
    this.worker.terminate();
    const ended = new Problem("This training was ended while its network was read.", "Train again, and save it then.");
    for (const { reject } of this.waiting.values()) reject(ended);
    this.waiting.clear();
  }
}
