/** The thread that trains, as the one that holds the leases sees it: it can be ended at any moment, by force. */
import type { Asked, Order, Said } from "./slicer.ts";
import type { Speed } from "./speed.ts";

/** A thread of the browser, or of Node.js. */
export interface Thread {
  tell(asked: Asked): void;
  end(): void;
}

/** Starts one; what it says, or that it broke, is told. */
export type Begin = (hear: (said: Said) => void) => Thread;

/** Training was ended before it came to anything. */
export class Ended extends Error {}

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
  passed: (epoch: number) => void;
}

export class Trainer {
  private thread: Thread | null = null;
  private waiting: Waiting | null = null;
  private share = 1;
  private paused = false;
  backend = "";

  constructor(private begin: Begin) {}

  measure(graphics: boolean): Promise<Speed> {
    return this.ask({ ask: "measure", graphics });
  }

  /** The bytes of the checkpoint at its end. */
  slice(order: Order, passed: (epoch: number) => void): Promise<Uint8Array<ArrayBuffer>> {
    return this.ask({ ask: "slice", order }, passed);
  }

  limit(share: number): void {
    this.share = share;
    this.thread?.tell({ ask: "share", share });
  }

  pause(paused: boolean): void {
    this.paused = paused;
    this.thread?.tell({ ask: paused ? "pause" : "resume" });
  }

  /** Whatever it does is over at once; asked again it begins anew. */
  end(): void {
    this.thread?.end();
    this.thread = null;
    this.waiting?.reject(new Ended("training was ended"));
    this.waiting = null;
  }

  private ask<T>(asked: Asked, passed: Waiting["passed"] = () => undefined): Promise<T> {
    this.thread ??= this.begun();
    return new Promise<T>((resolve, reject) => {
      this.waiting = { resolve, reject, passed };
      this.thread!.tell(asked);
    });
  }

  private begun(): Thread {
    const thread = this.begin((said) => this.thread === thread && this.hear(said));
    thread.tell({ ask: "share", share: this.share });
    if (this.paused) thread.tell({ ask: "pause" });
    return thread;
  }

  private hear(said: Said): void {
    if (said.say === "epoch") return this.waiting?.passed(said.epoch);
    if (said.say === "began") return void (this.backend = said.backend);
    const { waiting } = this;
    this.waiting = null;
    if (said.say === "failed") {
      // What it left behind is forgotten with it.
      this.end();
      waiting?.reject(new Error(said.message));
    } else waiting?.resolve((said.say === "done" ? said.checkpoint : said.speed) as never);
  }
}
