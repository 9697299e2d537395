/** A fake of the service's side of the pool, over HTTP: it hands out slices and believes every result. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { checkpointOf } from "../src/community/checkpoints.ts";
import type { Spec } from "../src/community/shapes.ts";

interface FakeJob {
  id: string;
  spec: Spec;
  epoch: number;
  /** Digest of the newest checkpoint. */
  head: string | null;
  lease: { id: string; expires: number } | null;
}

type Answer = [status: number, body?: object | Uint8Array, headers?: Record<string, string>];

export class FakePool {
  jobs: FakeJob[];
  blobs = new Map<string, Uint8Array>();
  /** `METHOD path` of all that was asked, in order, with who asked. */
  asked: string[] = [];
  credentials: string[] = [];
  registered: Record<string, unknown>[] = [];
  epochs: number[] = [];
  /** What is answered in the place of what is right, by the beginning of `METHOD path`; for as often as told. */
  odd: { to: string; answer: Answer | "cut"; times: number }[] = [];
  goOn = true;
  answerNothing = false;
  forged = false;
  seconds = 30;
  private keys = generateKeyPairSync("ed25519");
  private server = createServer((request, response) => void this.heard(request, response));
  private data: string;
  private count = 0;

  constructor(
    specs: Spec[],
    block: Uint8Array,
    private every: number,
  ) {
    this.data = this.keep(block);
    this.jobs = specs.map((spec, at) => ({ id: `job-${at}`, spec, epoch: 0, head: null, lease: null }));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api/v1/`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  get ended(): boolean {
    return this.jobs.every(({ spec, epoch }) => epoch === spec.options.epochs);
  }

  keep(bytes: Uint8Array): string {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    this.blobs.set(digest, bytes);
    return digest;
  }

  private async heard(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const path = request.url!.replace("/api/v1/", "");
    const what = `${request.method} ${path}`;
    this.asked.push(what);
    this.credentials.push(request.headers.authorization ?? "");
    if (this.answerNothing) return;
    const odd = this.odd.find(({ to, times }) => what.startsWith(to) && times > 0);
    if (odd) odd.times--;
    if (odd?.answer === "cut") return void request.socket.destroy();
    const [status, body, headers] = odd ? (odd.answer as Answer) : this.answer(what, Buffer.concat(parts));
    response.writeHead(status, headers);
    response.end(body instanceof Uint8Array ? body : body && JSON.stringify(body));
  }

  private answer(what: string, body: Buffer): Answer {
    if (what === "POST workers") {
      this.registered.push(JSON.parse(body.toString()));
      const key = this.keys.publicKey.export({ format: "jwk" }).x!;
      return [201, { worker: "w1", token: "secret", name: "brisk-otter", key: Buffer.from(key, "base64url").toString("base64") }];
    }
    if (what === "DELETE workers/w1") return [204];
    if (what === "POST jobs/claim") return this.claim();
    const blob = what.match(/^GET jobs\/(?:data|checkpoints)\/(.+)$/);
    if (blob) return [200, this.blobs.get(decodeURIComponent(blob[1]))!];
    const [, id, verb] = what.match(/^POST jobs\/([^/]+)\/(\w+)/)!;
    const job = this.jobs.find((one) => one.id === id)!;
    if (verb === "result") return this.result(job, new URL(`http://a/${what.split(" ")[1]}`).searchParams.get("lease")!, body);
    const { lease, epoch } = JSON.parse(body.toString());
    if (job.lease?.id !== lease || job.lease!.expires < Date.now()) return refusal(409, "lease_expired");
    if (verb === "release") job.lease = null;
    else {
      this.epochs.push(epoch);
      job.lease!.expires = Date.now() + this.seconds * 1000;
    }
    return [200, { expires: new Date().toISOString(), go_on: this.goOn }];
  }

  private claim(): Answer {
    const free = (job: FakeJob): boolean =>
      job.epoch < job.spec.options.epochs && (!job.lease || job.lease.expires < Date.now());
    const job = this.jobs.find(free);
    if (!job) return [204, undefined, { "Retry-After": "0.2" }];
    job.lease = { id: `lease-${++this.count}`, expires: Date.now() + this.seconds * 1000 };
    const to = Math.min(job.epoch + this.every, job.spec.options.epochs);
    const said = {
      ...{ lease: job.lease.id, job: job.id, spec: job.spec, start: job.head, from: job.epoch, to, data: this.data },
      ...{ expires: new Date(job.lease.expires).toISOString(), renew_every: this.seconds / 3 },
    };
    const signed = JSON.stringify(said);
    const signature = sign(null, Buffer.from(signed), this.keys.privateKey).toString("base64");
    // Who stands between may say what he likes, but not sign it.
    return [200, { ...said, signed: this.forged ? signed.replace('"from":0', '"from":1') : signed, signature }];
  }

  private result(job: FakeJob, lease: string, body: Buffer): Answer {
    if (job.lease?.id !== lease || job.lease!.expires < Date.now()) return refusal(409, "lease_expired");
    job.epoch = checkpointOf(body).epoch;
    job.head = this.keep(body);
    job.lease = null;
    return [200, { status: "received" }];
  }
}

export function refusal(status: number, code: string): Answer {
  return [status, { error: { status, code, message: `This is ${code}.` } }];
}
