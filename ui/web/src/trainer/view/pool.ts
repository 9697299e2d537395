/** In step 4: the network of this project, or many like it, trained by the community pool. */
import { polled } from "../../community/polling.ts";
import { crowdWords, waits, type Crowd } from "../pool/crowd.ts";
import type { Pool } from "../pool/pool.ts";
import { best, over, summary, takeable } from "../pool/progress.ts";
import { forget, markOf, remember, remembered, type Remembered } from "../pool/remembered.ts";
import type { PoolJob, Search } from "../pool/shapes.ts";
import { takenOf } from "../pool/taking.ts";
import { Problem } from "../problem.ts";
import type { Prepared } from "../data/prepared.ts";
import type { Project } from "../project.ts";
import { keptOf } from "../saving/opening.ts";
import { titleOf } from "../saving/written.ts";
import { button, h, redraw } from "./dom.ts";
import { notice, problem } from "./parts.ts";
import { PoolForm } from "./pool_form.ts";
import type { Signing } from "./signing.ts";
import { progressOf, type Measure } from "./pool_jobs.ts";

/** Milliseconds between two looks at a search. */
const EVERY = 3000;

export class PoolPart {
  private form: PoolForm;
  /** How far the search is: one place that lasts, since only its changes are read out. */
  private summary = h("p", { role: "status", id: "pool-summary", tabindex: -1, hidden: true });
  private shown = h("div", { class: "stack" });
  /** What was drawn last: it is drawn anew only where something has changed. */
  private drawn = "";
  private said = h("div", { role: "status" });
  private details = h("details", { class: "more", id: "pool" }, h("summary", {}, "Train on the community pool"));
  private search: Search | null = null;
  private stopped: () => void = () => undefined;
  private busy = false;
  /** Whether the last look at the search failed. */
  private lost = false;
  /** Whether the best network is wanted as soon as it is known. */
  private wanted = false;
  private crowd: Crowd | null = null;
  private marked: [of: Prepared, mark: string] | null = null;

  constructor(
    place: HTMLElement,
    private project: Project,
    private pool: Pool,
    private signing: Signing,
  ) {
    this.form = new PoolForm(project, () => void this.attempt(() => this.send()), () => redraw(this.said));
    this.details.append(h("div", { class: "stack" }, this.summary, this.shown, this.said));
    place.append(this.details);
    this.details.addEventListener("toggle", () => this.details.open && !this.search && void this.count());
    project.hear((step) => step !== "results" && !this.search && this.show());
    this.show();
  }

  private show(): void {
    const { site } = this.pool;
    this.summary.hidden = !this.search;
    if (!site.user) {
      const sign = this.signing.link((what) => redraw(this.said, what));
      return redraw(this.shown, h("p", { class: "muted" }, "Machines that others lend can train for you. ", sign, " first."));
    }
    if (!this.search) {
      if (this.crowd?.enabled === false) return redraw(this.shown, this.lending());
      const [head, ...rest] = this.form.shown();
      return redraw(this.shown, head, rest.length > 0 && this.lending(), ...rest);
    }
    const { search } = this;
    this.tell(summary(search));
    const page = h("a", { id: "pool-page", href: `${site.base}community/searches/${search.id}` }, "Curves and who did what");
    const stop = over(search) ? null : button("Stop the search", () => void this.attempt(() => this.stop(search)), { id: "pool-stop" });
    const anew = over(search) && button("Ask for something else", () => this.leave(search), { id: "pool-anew" });
    const waiting = !over(search) && this.crowd && waits(this.crowd) && this.lending();
    redraw(
      this.shown,
      ...progressOf(search, this.measure, (job) => void this.attempt(() => this.take(job)), waiting),
      h("p", { class: "row" }, stop, anew, page),
    );
  }

  private tell(words: string): void {
    if (this.summary.textContent !== words) this.summary.textContent = words;
  }

  private lending(): HTMLElement | null {
    if (!this.crowd) return null;
    const { enabled, workers } = this.crowd;
    const lend = h("a", { href: `${this.pool.site.base}community`, target: "_blank", rel: "noopener" }, "Lend one in another tab");
    return h("p", { class: "muted", id: "pool-crowd" }, crowdWords(this.crowd), enabled && !workers && " ", enabled && !workers && lend);
  }

  /** Who lends is no reason to stop where it cannot be had. */
  private async count(): Promise<void> {
    if (!this.pool.site.user) return;
    this.crowd = await this.pool.crowd().catch(() => null);
    if (!this.search) this.show();
  }

  private get measure(): Measure {
    const { prepared } = this.project;
    const own = prepared && remembered(this.search?.id ?? "")?.mark === this.mark();
    return { task: prepared?.task ?? "classes", deviation: own ? prepared.deviation : null };
  }

  /** One thing at a time; what is wrong is said. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    redraw(this.said);
    try {
      await work();
    } catch (error) {
      redraw(this.said, problem(error));
    } finally {
      this.busy = false;
    }
  }

  private async send(): Promise<void> {
    const { project } = this;
    const { prepared, source } = project;
    const wish = this.form.wish();
    if (!prepared) return;
    redraw(this.said, h("p", {}, "Sending the rows …"));
    // What is too large for a notebook is sent all the same: only a page loaded again does not have it.
    const kept = await keptOf(project).catch(orNull);
    const search = await this.pool.begin(prepared, { ...wish, title: titleOf(project) }, source?.dataset);
    remember({ search: search.id, mark: this.mark(), kept });
    redraw(this.said);
    this.follow(search.id, search);
    // Not on what stands where the button was: that stops it.
    document.getElementById("pool-summary")?.focus();
  }

  private mark(): string {
    const { prepared } = this.project;
    if (!prepared) return "";
    if (this.marked?.[0] !== prepared) this.marked = [prepared, markOf([prepared.train, prepared.validation])];
    return this.marked[1];
  }

  /** Goes on with a search that the address names; with `best`, its best network is taken once it is over. */
  open(id: string, best: boolean): void {
    this.wanted = best;
    this.follow(id);
    this.details.scrollIntoView();
  }

  /** Shows a search until it is over; loading the page again goes on with it. */
  follow(id: string, search: Search | null = null): void {
    this.search = search;
    this.details.open = true;
    this.stopped();
    history.replaceState(history.state, "", `${this.pool.site.base}trainer?search=${id}`);
    if (search) this.show();
    this.stopped = polled(() => this.look(id), EVERY);
  }

  private async look(id: string): Promise<void> {
    try {
      this.search = await this.pool.search(id);
      this.crowd = over(this.search) ? null : await this.pool.crowd();
      this.showNews();
      if (this.lost) redraw(this.said);
      this.lost = false;
      if (over(this.search)) this.stopped();
      const found = best(this.search.jobs);
      if (this.wanted && over(this.search) && found && takeable(found)) void this.attempt(() => this.take(found));
      this.wanted = false;
    } catch (error) {
      this.lost = true;
      redraw(this.said, problem(error));
      // What was never seen is not there, or somebody else's.
      if (!this.search) this.stopped();
    }
  }

  private showNews(): void {
    const news = JSON.stringify([this.search, this.crowd, this.measure]);
    if (news !== this.drawn) this.show();
    this.drawn = news;
  }

  private async stop({ id }: Search): Promise<void> {
    await this.pool.stop(id);
    await this.look(id);
  }

  private leave({ id }: Search): void {
    this.stopped();
    forget(id);
    this.search = null;
    this.drawn = "";
    void this.count();
    history.replaceState(history.state, "", `${this.pool.site.base}trainer`);
    this.show();
    document.getElementById("pool-way")?.focus({ preventScroll: true });
  }

  /** The network of a job becomes the training of this page: with its own rows only. */
  private async take(job: PoolJob): Promise<void> {
    const known = remembered(this.search?.id ?? "");
    if (known?.mark !== this.mark())
      throw new Problem(
        "These are not the rows that this search was asked for with: what the steps below said of the network would not be true.",
        "Choose in steps 1 and 2 what was chosen then, in the browser in which the search was begun.",
      );
    redraw(this.said, h("p", {}, "Fetching the network …"));
    const checkpoint = await this.pool.checkpoint(job.id);
    this.project.adopt(job, takenOf(job, checkpoint));
    redraw(this.said, notice("success", h("p", {}, "It is the network of this page now: look at its validation in step 5.")));
  }
}

function orNull(error: unknown): null {
  if (error instanceof Problem) return null;
  throw error;
}

/** The search that the address names, or none; with the project that it is of where this browser kept it. */
export function asked(address: URLSearchParams): Remembered | null {
  const id = address.get("search");
  return id === null ? null : (remembered(id) ?? { search: id, mark: "", kept: null });
}
