/** The server's side of lending, as requests. */
import type { Lease, SignedLease } from "./shapes.ts";
import { strange, unreached } from "./unreached.ts";

/** The server says no, in its own words. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Nobody answers, or not now; `seconds` is when to ask again, where that was said. */
export class Away extends Error {
  constructor(
    message: string,
    readonly seconds: number | null = null,
  ) {
    super(message);
  }
}

export interface Registration {
  worker: string;
  token: string;
  name: string;
  /** The public key that leases are signed with. */
  key: string;
}

export interface Registering {
  kind: "tab" | "machine";
  backend: string;
  speed: number;
}

interface Failure {
  error?: { message?: string; code?: string };
}

const JSON_TYPE = { "Content-Type": "application/json" };
const BYTES_TYPE = { "Content-Type": "application/octet-stream" };
const PATIENCE = 30_000;

export class Pool {
  private registration: Registration | null = null;

  constructor(
    /** The address of `api/v1/`. */
    private api: string,
    /** What tells who registers; nothing for who is signed out. */
    private own: Record<string, string>,
    private ended: AbortSignal,
  ) {}

  async register(about: Registering): Promise<Registration> {
    const headers = { ...JSON_TYPE, ...this.own };
    const answer = await this.send("workers", { method: "POST", headers, body: JSON.stringify(about) });
    return (this.registration = await told<Registration>(answer));
  }

  /** A lease, or after how many seconds to ask again. */
  async claim(): Promise<SignedLease | number> {
    const answer = await this.post("jobs/claim", {});
    return answer.status === 204 ? seconds(answer) ?? 10 : told<SignedLease>(answer);
  }

  async bytes(kind: "data" | "checkpoints", digest: string): Promise<Uint8Array<ArrayBuffer>> {
    const answer = await this.as(`jobs/${kind}/${encodeURIComponent(digest)}`, {});
    return new Uint8Array(await answer.arrayBuffer());
  }

  async renew({ job, lease }: Lease, epoch: number): Promise<{ expires: string; go_on: boolean }> {
    return told(await this.post(`jobs/${job}/renew`, { lease, epoch }));
  }

  async result({ job, lease }: Lease, checkpoint: Uint8Array<ArrayBuffer>): Promise<void> {
    const path = `jobs/${job}/result?lease=${encodeURIComponent(lease)}`;
    await this.as(path, { method: "POST", headers: BYTES_TYPE, body: checkpoint });
  }

  /** Gives a lease back, also while all else is ended. */
  async release({ job, lease }: Lease, patience: number): Promise<void> {
    const body = JSON.stringify({ lease });
    await this.last(`jobs/${job}/release`, { method: "POST", headers: JSON_TYPE, body }, patience);
  }

  async leave(patience: number): Promise<void> {
    if (this.registration) await this.last(`workers/${this.registration.worker}`, { method: "DELETE" }, patience);
    this.registration = null;
  }

  private post(path: string, body: object): Promise<Response> {
    return this.as(path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
  }

  private as(path: string, asked: RequestInit, signal?: AbortSignal): Promise<Response> {
    const headers = { ...asked.headers, Authorization: `worker ${this.registration?.token}` };
    // The worker's token may do less than whoever is signed in: only that goes along.
    return this.send(path, { ...asked, headers, credentials: "omit" }, signal);
  }

  private async last(path: string, asked: RequestInit, patience: number): Promise<void> {
    await this.as(path, { ...asked, keepalive: true }, AbortSignal.timeout(patience));
  }

  private async send(path: string, asked: RequestInit, signal?: AbortSignal): Promise<Response> {
    const until = signal ?? AbortSignal.any([this.ended, AbortSignal.timeout(PATIENCE)]);
    const answer = await fetch(this.api + path, { ...asked, signal: until }).catch((error: unknown) => {
      throw new Away(unreached(error));
    });
    if (answer.ok) return answer;
    const { error } = (await answer.json().catch(() => ({}))) as Failure;
    const { status } = answer;
    const message = error?.message ?? strange(status);
    if (!error?.code || status === 429 || status >= 500) throw new Away(message, seconds(answer));
    throw new Refused(status, error.code, message);
  }
}

/** What an answer holds; something else than MLabs may answer as well. */
async function told<T>(answer: Response): Promise<T> {
  try {
    return (await answer.json()) as T;
  } catch {
    throw new Away(strange(answer.status));
  }
}

/** After how many seconds an answer says to ask again. */
function seconds(answer: Response): number | null {
  const said = Number.parseFloat(answer.headers.get("Retry-After") ?? "");
  return Number.isFinite(said) ? said : null;
}
