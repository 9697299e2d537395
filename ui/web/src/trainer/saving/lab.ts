/** Puts a project into a lab: its notebook, its trainings as runs, its network as a model. */
import type { Prepared } from "../data/prepared.ts";
import { Problem } from "../problem.ts";
import type { Project } from "../project.ts";
import type { Run } from "../run.ts";
import { segments, type Site } from "../site.ts";
import { modelJson, WEIGHTS } from "../take.ts";
import type { Saved as Network } from "../worker/protocol.ts";
import { events, registered } from "./record.ts";
import { ulid } from "./ulid.ts";
import { written } from "./written.ts";

/** The lab that a project lives in. */
export interface Place {
  /** `owner/name`. */
  lab: string;
  title: string;
  version: number;
  visibility: Visibility;
  /** Whether versions of it are the asker's to publish. */
  mine: boolean;
}

export type Visibility = "public" | "unlisted" | "private";

/** What a person says of what they save. */
export interface Wish {
  title: string;
  visibility: Visibility;
}

export interface Saved {
  place: Place;
  run: string;
  /** `owner/name` of the model. */
  model: string;
}

interface Lab {
  owner: string;
  name: string;
  title: string;
  version: number;
  visibility: Visibility;
}

interface Model {
  owner: string;
  name: string;
  follows: string | null;
}

/** A training that goes on is another run, with all of its epochs. */
interface Entry {
  id: string;
  epochs: number;
  told: boolean;
}

/** Trainings that are remembered until there is a lab. */
const MOST = 20;
const FOLDER = "model";
const PATH = `${FOLDER}/model.json`;

export class Keeper {
  place: Place | null = null;
  /** Trainings of these data, oldest first, and the run that each is or will be. */
  private trained = new Map<Run, Entry>();
  private published = "";
  private asked = { body: "", key: "" };
  private site: Site;

  constructor(site: Site) {
    this.site = site;
  }

  /** Another project begins. */
  forget(place: Place | null = null): void {
    this.trained.clear();
    this.place = place;
    this.published = "";
  }

  /** A training has ended. */
  note(run: Run): Entry {
    const before = this.trained.get(run);
    if (before?.epochs === run.epochs.length) return before;
    const entry = { id: ulid(run.started.getTime()), epochs: run.epochs.length, told: false };
    this.trained.set(run, entry);
    const [oldest] = this.trained.keys();
    if (this.trained.size > MOST) this.trained.delete(oldest);
    return entry;
  }

  /** Where the project has a lab of one's own, a training becomes a run there at once; which lab that is. */
  async follow(run: Run): Promise<string | null> {
    if (!this.place?.mine || this.note(run).told) return null;
    await this.tell(run, this.place);
    return this.place.lab;
  }

  /** Once more it changes nothing: the history knows what it was told. */
  private async tell(run: Run, { lab }: Place): Promise<string> {
    const entry = this.note(run);
    if (entry.told) return entry.id;
    await this.site.json("api/v1/runs", "POST", registered(run, entry.id, lab));
    await this.site.json(`api/v1/runs/${entry.id}/events`, "POST", { events: events(run) });
    entry.told = true;
    return entry.id;
  }

  /** Saves all there is; what was saved before and has not changed is left as it is. */
  async save(project: Project, run: Run, wish: Wish): Promise<Saved> {
    const [notebook, network] = await Promise.all([
      written(project, run, wish.title, this.site.address),
      run.save(),
    ]);
    const place = await this.publish(JSON.stringify(notebook), wish);
    try {
      this.note(run);
      for (const one of this.trained.keys()) await this.tell(one, place);
      const { id } = this.note(run);
      return { place, run: id, model: await this.keep(network, run.prepared, id, place) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw new Problem(`The notebook is in ${place.lab}, but not all went with it: ${error.message}`, error.mend);
    }
  }

  private async publish(notebook: string, wish: Wish): Promise<Place> {
    if (this.place?.mine && this.published === notebook) return this.place;
    const body = { ...wish, notebook, message: "From the trainer" };
    let lab: Lab;
    if (!this.place) {
      const first = { ...body, tags: ["trainer"] };
      lab = await this.site.json("api/v1/labs", "POST", first, this.once(first));
    } else {
      const mine = this.place.mine ? this.place.lab : await this.fork(this.place.lab);
      await this.site.json(`api/v1/labs/${segments(mine)}/versions`, "POST", body, this.once(body));
      lab = await this.site.json(`api/v1/labs/${segments(mine)}`);
    }
    this.published = notebook;
    this.place = placeOf(lab, true);
    return this.place;
  }

  private async fork(lab: string): Promise<string> {
    const made = await this.site.json<Lab>(`api/v1/labs/${segments(lab)}/fork`, "POST", {});
    this.place = placeOf(made, true);
    return this.place.lab;
  }

  /** The same that is sent once more, after a broken connection, does nothing twice. */
  private once(body: object): Record<string, string> {
    const said = JSON.stringify(body);
    if (said !== this.asked.body) this.asked = { body: said, key: ulid() };
    return { "Idempotency-Key": this.asked.key };
  }

  /** The files of the network belong to the run that made it, and become the lab's model, or its next version. */
  private async keep(network: Network, prepared: Prepared, id: string, { lab, title }: Place): Promise<string> {
    const json = modelJson(network, prepared);
    await this.site.ask(`api/v1/runs/${id}/outputs/${FOLDER}/${WEIGHTS}`, "PUT", network.data);
    await this.site.ask(`api/v1/runs/${id}/outputs/${PATH}`, "PUT", json);
    const there = await this.site.list<Model>(`api/v1/labs/${segments(lab)}/models`);
    const name = there.find(({ follows, owner }) => follows === PATH && owner === this.site.user)?.name;
    const wish = { run: id, path: PATH, title: name ? undefined : title, name };
    const made = await this.site.json<Model>("api/v1/models/from-run", "POST", wish);
    return `${made.owner}/${made.name}`;
  }
}

export function placeOf({ owner, name, title, version, visibility }: Lab, mine: boolean): Place {
  return { lab: `${owner}/${name}`, title, version, visibility, mine };
}
