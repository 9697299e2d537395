/** Hears a run: by its event stream, or where that does not come through by asking again and again. */

import { own, ownAddress } from "./own";

export interface Run {
  status: string;
  busy: boolean;
  cells: number;
  ended: string | null;
}

export interface Step {
  seq: number;
  type: string;
  time: string;
  cell: string | null;
  data: any;
}

export interface Hearer {
  run(run: Run): void;
  steps(steps: Step[]): void;
  snapshot(notebook: object): void;
  watching(count: number): void;
  final(): void;
}

const PATIENCE = 8_000;
const POLL = 3_000;
/** Milliseconds at most between two tries to hear again. */
const LONGEST = 30_000;

export class RunStream {
  private source: EventSource | null = null;
  private polling = 0;
  private pause = POLL;
  private closed = false;
  private seen = 0;

  constructor(private url: string, private hearer: Hearer) {
    this.listen();
  }

  close(): void {
    this.closed = true;
    this.source?.close();
    clearTimeout(this.polling);
  }

  private listen(): void {
    const from = this.seen ? `?after=${this.seen}` : "";
    const source = (this.source = new EventSource(ownAddress(`${this.url}/events${from}`)));
    const on = (event: string, hear: (data: any) => void): void =>
      source.addEventListener(event, (message) => hear(JSON.parse((message as MessageEvent).data)));
    on("run", (run: Run) => {
      clearTimeout(this.polling);
      this.pause = POLL;
      this.hearer.run(run);
    });
    on("step", (step: Step) => this.step([step]));
    on("snapshot", ({ notebook, seq }) => {
      this.seen = seq;
      this.hearer.snapshot(notebook);
    });
    on("watching", ({ watching }) => this.hearer.watching(watching));
    on("final", () => {
      this.close();
      this.hearer.final();
    });
    // A browser gives up for good where it is answered with an error, as while the service is being restarted.
    source.addEventListener("error", () => source.readyState === EventSource.CLOSED && this.again());
    // A proxy that holds streams back lets nothing through at all: then the plain way.
    this.polling = window.setTimeout(() => {
      source.close();
      void this.poll();
    }, PATIENCE);
  }

  private again(): void {
    clearTimeout(this.polling);
    if (this.closed) return;
    // Not all who watch at once.
    this.polling = window.setTimeout(() => this.listen(), this.pause * (1 + Math.random()));
    this.pause = Math.min(2 * this.pause, LONGEST);
  }

  private step(steps: Step[]): void {
    const news = steps.filter((step) => step.seq > this.seen);
    if (!news.length) return;
    this.seen = news[news.length - 1].seq;
    this.hearer.steps(news);
  }

  private async poll(): Promise<void> {
    try {
      await this.look();
    } catch {
      // Nobody answers just now; the next time somebody may.
    }
    if (!this.closed) this.polling = window.setTimeout(() => void this.poll(), POLL);
  }

  private async look(): Promise<void> {
    const json = { headers: own({ Accept: "application/json" }) };
    const run = (await (await fetch(this.url, json)).json()) as Run;
    if (!run.status) return;
    for (let more = true; more; ) {
      const page = await (await fetch(`${this.url}/events?after=${this.seen}`, json)).json();
      this.step(page.items);
      more = page.next !== null;
    }
    this.hearer.run(run);
    if (run.ended) {
      this.close();
      this.hearer.final();
    }
  }
}
