/** What a task prints, in pieces of a sensible size, and no more than a document can hold. */
import type { Output } from "../live/outputs";

const MOST = 1_000_000;
const PIECE = 8_000;
const PAUSE = 50;

export class Streams {
  private waiting = "";
  private name = "stdout";
  private sent = 0;
  private last = 0;

  constructor(private send: (output: Output) => void) {}

  begin(): void {
    this.sent = 0;
  }

  write(name: "stdout" | "stderr", text: string): void {
    if (name !== this.name) this.flush();
    this.name = name;
    this.waiting += text;
    // A task that computes leaves no turn to a timer: the clock is looked at as it prints.
    if (this.waiting.length > PIECE || performance.now() - this.last > PAUSE) this.flush();
  }

  /** Hands out what an output comes after, so that both stay in order. */
  flush(): void {
    this.last = performance.now();
    if (!this.waiting) return;
    const before = this.sent;
    this.sent += this.waiting.length;
    if (this.sent <= MOST) this.stream(this.name, this.waiting);
    else if (before <= MOST) this.stream("stderr", "\n… more than a million characters: the rest is left out.\n");
    this.waiting = "";
  }

  end(): void {
    this.flush();
  }

  private stream(name: string, text: string): void {
    this.send({ output_type: "stream", name, text });
  }
}
