/** The community pool as the trainer asks it, for whoever is signed in. */
import { blockOf } from "../../community/blocks.ts";
import { checkpointOf, type Checkpoint } from "../../community/checkpoints.ts";
import type { Part, Prepared } from "../data/prepared.ts";
import type { Site } from "../site.ts";
import type { Crowd } from "./crowd.ts";
import type { Search, Wish } from "./shapes.ts";

export class Pool {
  constructor(readonly site: Site) {}

  /** Sends the rows to learn from and those to be scored on, and has the networks trained. */
  async begin(prepared: Prepared, wish: Omit<Wish, "data">, dataset?: string): Promise<Search> {
    const [train, held_out] = [await this.sent(prepared.train, prepared), await this.sent(prepared.validation, prepared)];
    return this.site.json("api/v1/searches", "POST", { ...wish, data: { train, held_out, dataset } });
  }

  private async sent({ x, y, rows }: Part, { shape }: Prepared): Promise<string> {
    const block = blockOf({ x, y, count: rows.length }, shape);
    const answer = await this.site.ask("api/v1/jobs/data", "POST", block, { "Content-Type": "application/octet-stream" });
    return ((await answer.json()) as { digest: string }).digest;
  }

  search(id: string): Promise<Search> {
    return this.site.json(`api/v1/searches/${id}`);
  }

  async crowd(): Promise<Crowd> {
    const { enabled, workers } = await this.site.json<{ enabled: boolean; workers: unknown[] }>("api/v1/community");
    return { enabled, workers: workers.length };
  }

  async stop(id: string): Promise<void> {
    await this.site.ask(`api/v1/searches/${id}/stop`, "POST");
  }

  /** The last state of a job that was accepted. */
  async checkpoint(job: string): Promise<Checkpoint> {
    const answer = await this.site.ask(`api/v1/jobs/${job}/checkpoint`);
    return checkpointOf(new Uint8Array(await answer.arrayBuffer()));
  }
}
