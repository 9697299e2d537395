/** Lends this computer: asks for work, does it, and asks again, within the limits that its person set. */
import { untilOpen } from "./hours.ts";
import { Blocks, Leased, Unfit } from "./leased.ts";
import { Away, Pool, Refused, type Registering, type Registration } from "./pool.ts";
import type { Lease, SignedLease } from "./shapes.ts";
import { signed } from "./signature.ts";
import { OFF, type Options, type State } from "./state.ts";
import { Trainer, type Begin } from "./thread.ts";
import { backOff, jittered, rest } from "./waits.ts";

/** Where work comes from, and as whose. */
export interface Place {
  /** The address of `api/v1/`. */
  api: string;
  kind: Registering["kind"];
  /** Headers that tell who registers; none for who is signed out. */
  own: Record<string, string>;
  /** Told what the server registered, each time. */
  registered?: (registration: Registration) => void;
}

/** How long a pause may keep a lease, and how often the hours are looked at, in milliseconds. */
const PATIENCE = 60_000;
const LOOK = 15_000;
/** How long those who leave wait for the server's answer. */
const FAREWELL = 300;
/** In how many seconds a pool that is switched off is asked again. */
const OFF_FOR = 60;
/** After so many slices in a row that failed here, something is wrong with this computer. */
const HOPELESS = 3;

export class Lending {
  state: State = OFF;
  private closing = new AbortController();
  private nudge = new AbortController();
  private pool: Pool;
  private blocks: Blocks;
  private trainer: Trainer;
  private lease: Lease | null = null;
  private key = "";
  private paused: string | null = null;
  private tired: ReturnType<typeof setTimeout> | undefined;
  private unanswered = 0;
  private failed = 0;
  private stopping: Promise<void> | null = null;

  constructor(
    private place: Place,
    private options: Options,
    begin: Begin,
    private changed: (state: State) => void,
  ) {
    this.pool = new Pool(place.api, place.own, this.closing.signal);
    this.blocks = new Blocks(this.pool);
    this.trainer = new Trainer(begin);
    this.trainer.limit(options.share);
  }

  private get ended(): boolean {
    return this.closing.signal.aborted;
  }

  private tell(news: Partial<State>): void {
    this.state = { ...this.state, ...news };
    this.changed(this.state);
  }

  /** Until it is stopped, or, where only `once` is asked for, one slice is done; a failure is told in the state. */
  async run(once = false): Promise<void> {
    this.tell({ phase: "starting", why: "" });
    try {
      await this.measured();
      while (!this.ended && !(once && this.state.done)) {
        await this.allowed();
        if (!this.ended) await this.round();
      }
      await this.stop();
    } catch (error) {
      // What was under way when it was stopped fails, as it should.
      if (this.ended) return;
      const why = error instanceof Error ? error.message : String(error);
      await (this.stopping ??= this.farewell({ phase: "failed", why }));
    }
  }

  private async measured(): Promise<void> {
    const { backend, speed } = await this.trainer.measure(this.options.graphics);
    this.tell({ backend, speed });
  }

  /** Passes within the hours, and while it is not paused. */
  private async allowed(): Promise<void> {
    while (!this.ended) {
      const closed = untilOpen(this.options.hours, new Date());
      if (this.paused === null && !closed) return;
      if (this.paused !== null) this.tell({ phase: "paused", why: this.paused, until: null });
      else this.tell({ phase: "resting", why: "", until: Date.now() + closed });
      await this.waited(LOOK);
    }
  }

  /** Ends early where limits change, and where all does. */
  private waited(milliseconds: number): Promise<void> {
    return rest(milliseconds, AbortSignal.any([this.closing.signal, this.nudge.signal]));
  }

  private async round(): Promise<void> {
    try {
      if (!this.key) await this.registered();
      const found = await this.pool.claim();
      this.unanswered = 0;
      if (typeof found !== "number") return await this.work(found);
      await this.later("waiting", "", jittered(found));
    } catch (error) {
      if (this.ended) return;
      if (error instanceof Away) await this.later("unreachable", error.message, error.seconds);
      else if (error instanceof Refused && error.code === "worker_unknown") {
        this.key = "";
        await this.later("unreachable", error.message, null);
      } else if (error instanceof Refused && error.code === "community_disabled") {
        await this.later("paused", `${error.message} It is asked again by itself.`, jittered(OFF_FOR));
      } else throw error;
    }
  }

  private async registered(): Promise<void> {
    const { backend, speed } = this.state;
    // Of what it could do it lends a share.
    const about = { kind: this.place.kind, backend, speed: speed * this.options.share };
    const registration = await this.pool.register(about);
    this.key = registration.key;
    this.place.registered?.(registration);
    this.tell({ name: registration.name });
  }

  private async later(phase: "waiting" | "unreachable" | "paused", why: string, seconds: number | null): Promise<void> {
    const wait = 1000 * (seconds ?? backOff(++this.unanswered));
    this.tell({ phase, why, until: Date.now() + wait });
    await this.waited(wait);
  }

  private async work(given: SignedLease): Promise<void> {
    const lease = await this.checked(given);
    const started = Date.now();
    const { spec, from, to, job } = lease;
    const doing = { id: job, layers: spec.layers.length, rows: spec.rows, epoch: from, from, to, started };
    this.lease = lease;
    this.tell({ phase: this.paused === null ? "working" : "paused", why: this.paused ?? "", until: null, job: doing });
    const watch = setInterval(() => untilOpen(this.options.hours, new Date()) && this.trainer.end(), LOOK);
    try {
      const leased = new Leased(lease, this.pool, this.blocks, this.trainer, this.closing.signal);
      const outcome = await leased.run(this.options.graphics, (epoch) => this.tell({ job: { ...doing, epoch } }));
      if (outcome === "taken") this.took(lease, (Date.now() - started) / 1000);
      if (outcome === "dropped") await this.back();
      this.failed = 0;
    } catch (error) {
      await this.back();
      if (error instanceof Away || error instanceof Refused || error instanceof Unfit) throw error;
      if (++this.failed >= HOPELESS) throw error;
    } finally {
      clearInterval(watch);
      this.lease = null;
      if (!this.ended) this.tell({ job: null });
    }
  }

  /** Nothing but what the server signed. */
  private async checked({ signed: text, signature }: SignedLease): Promise<Lease> {
    if ((await signed(text, signature, this.key)) === false) throw new Unfit("The server did not sign this work.");
    return JSON.parse(text) as Lease;
  }

  private took({ job, person, spec, from, to }: Lease, seconds: number): void {
    const last = { job, person, ends: to === spec.options.epochs, epochs: to - from, seconds };
    this.tell({ done: this.state.done + 1, seconds: this.state.seconds + seconds, last });
  }

  /** Gives the lease back; where that fails it expires. */
  private async back(): Promise<void> {
    const { lease } = this;
    this.lease = null;
    if (lease) await this.pool.release(lease, FAREWELL).catch(() => undefined);
  }

  /** Holds all work up, between two steps; a pause that lasts gives the lease back. */
  pause(why: string): void {
    if (this.paused === null) this.tired = setTimeout(() => this.trainer.end(), PATIENCE);
    this.paused = why;
    this.trainer.pause(true);
    if (this.state.job) this.tell({ phase: "paused", why });
    this.wake();
  }

  resume(): void {
    clearTimeout(this.tired);
    this.paused = null;
    this.trainer.pause(false);
    if (this.state.job) this.tell({ phase: "working", why: "" });
    this.wake();
  }

  limit(limits: Partial<Options>): void {
    this.options = { ...this.options, ...limits };
    this.trainer.limit(this.options.share);
    this.wake();
  }

  private wake(): void {
    this.nudge.abort();
    this.nudge = new AbortController();
  }

  /** Ends all at once, gives back what was begun, and leaves; within a second, whether or not the server answers. */
  stop(): Promise<void> {
    return (this.stopping ??= this.farewell({ phase: "off", why: "" }));
  }

  private async farewell(end: Pick<State, "phase" | "why">): Promise<void> {
    clearTimeout(this.tired);
    this.closing.abort();
    this.trainer.end();
    await this.back();
    await this.pool.leave(FAREWELL).catch(() => undefined);
    this.tell({ ...end, job: null, until: null });
  }
}
