/** A tab that is lent, as its page sees it: nothing runs, and nothing is asked of the server, before it is started. */
import type { Registration } from "./pool.ts";
import { OFF, type Options, type State } from "./state.ts";
import type { Asked, Said } from "./tab.ts";

export type { Options, State } from "./state.ts";

export interface Where {
  /** The address of `workers/community.js`. */
  script: string;
  /** The address of `api/v1/`. */
  api: string;
  /** The page's token for requests that change something; empty for nobody. */
  xsrf: string;
}

/** How long a stop may take, in milliseconds: then all is ended by force. */
const PATIENCE = 900;

export class Lender {
  state: State = OFF;
  private worker: Worker | null = null;
  private registration: Registration | null = null;
  private hearers = new Set<(state: State) => void>();

  constructor(private where: Where) {
    addEventListener("pagehide", () => this.closed());
  }

  /** Has each change told; the function that is returned ends that. */
  on(heard: (state: State) => void): () => void {
    this.hearers.add(heard);
    return () => void this.hearers.delete(heard);
  }

  start(options: Options): void {
    if (this.worker) return;
    const { script, api, xsrf } = this.where;
    const worker = (this.worker = new Worker(script, { type: "module" }));
    worker.onmessage = ({ data }: MessageEvent<Said>) => this.worker === worker && this.hear(data);
    worker.onerror = ({ message }) => this.broke(message || "The script that lends could not be started.");
    const own: Record<string, string> = xsrf ? { "X-XSRFToken": xsrf } : {};
    this.tell({ ask: "start", api: new URL(api, location.href).href, own, options });
  }

  /** For a reason in plain words, which is shown; what is begun is kept for a minute. */
  pause(why: string): void {
    this.tell({ ask: "pause", why });
  }

  resume(): void {
    this.tell({ ask: "resume" });
  }

  limit(limits: Partial<Options>): void {
    this.tell({ ask: "limit", limits });
  }

  /** Ends all within a second, whether or not the server answers. */
  async stop(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, PATIENCE);
      worker.addEventListener("message", ({ data }: MessageEvent<Said>) => {
        if (data.say !== "stopped") return;
        clearTimeout(late);
        resolve();
      });
      this.tell({ ask: "stop" });
    });
    this.end({ ...this.state, phase: "off", why: "", job: null, until: null });
  }

  private tell(asked: Asked): void {
    this.worker?.postMessage(asked);
  }

  private hear(said: Said): void {
    if (said.say === "registered") this.registration = said.registration;
    if (said.say !== "state") return;
    if (said.state.phase === "failed") this.end(said.state);
    else this.turn(said.state);
  }

  private turn(state: State): void {
    this.state = state;
    for (const heard of this.hearers) heard(state);
  }

  private broke(why: string): void {
    this.end({ ...this.state, phase: "failed", why, job: null, until: null });
  }

  private end(state: State): void {
    this.worker?.terminate();
    this.worker = this.registration = null;
    this.turn(state);
  }

  /** A tab that is closed leaves, so that what it did goes to somebody else at once. */
  private closed(): void {
    if (!this.registration) return;
    const { worker, token } = this.registration;
    const address = new URL(`workers/${worker}`, new URL(this.where.api, location.href));
    const headers = { Authorization: `worker ${token}` };
    // The page is gone before there is an answer.
    void fetch(address, { method: "DELETE", headers, credentials: "omit", keepalive: true }).catch(() => undefined);
  }
}
