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

/**
 * A training that goes on is another run, with all of its epochs. So is one whose network went back to another
 * epoch, or was tested, after it had been told: nothing follows the end of a run.
 */
interface Entry {
  id: string;
  epochs: number;
  of: string;
  told: boolean;
}

/** Trainings that are remembered until there is a lab. */
const MOST = 20;
const FOLDER = "model";
const PATH = `${FOLDER}/model.json`;

/** What is known of one project; saving goes on with its own when another begins meanwhile. */
class Home {
  /** Trainings of these data, oldest first, and the run that each is or will be. */
  readonly trained = new Map<Run, Entry>();
  /** What was sent last: the notebook, and what its person said of it. */
  published = "";
  place: Place | null;

  constructor(place: Place | null) {
    this.place = place;
  }

  /** A training has ended. */
  note(run: Run): Entry {
    const [epochs, of] = [run.epochs.length, `${run.at}, ${run.tested}`];
    const before = this.trained.get(run);
    if (before?.epochs === epochs && (before.of === of || !before.told)) return Object.assign(before, { of });
    const entry = { id: ulid(run.started.getTime()), epochs, of, told: false };
    this.trained.set(run, entry);
    const [oldest] = this.trained.keys();
    if (this.trained.size > MOST) this.trained.delete(oldest);
    return entry;
  }
}

export class Keeper {
  private home = new Home(null);
  private asked = { body: "", key: "" };
  private site: Site;

  constructor(site: Site) {
    this.site = site;
  }

  /** The lab of the project, where it has one. */
  get place(): Place | null {
    return this.home.place;
  }

  /** Another project begins. */
  forget(place: Place | null = null): void {
    this.home = new Home(place);
  }

  /** A training has ended. */
  note(run: Run): void {
    this.home.note(run);
  }

  /** Where the project has a lab of one's own, a training becomes a run there at once; which lab that is. */
  async follow(run: Run): Promise<string | null> {
    const { place } = this.home;
    const entry = this.home.note(run);
    if (!place?.mine || entry.told) return null;
    await this.tell(run, entry, place);
    return place.lab;
  }

  /** Once more it changes nothing: the history knows what it was told. */
  private async tell(run: Run, entry: Entry, { lab }: Place): Promise<void> {
    if (entry.told) return;
    await this.site.json("api/v1/runs", "POST", registered(run, entry.id, lab));
    await this.site.json(`api/v1/runs/${entry.id}/events`, "POST", { events: events(run) });
    entry.told = true;
  }

  /** Saves all there is; what was saved before and has not changed is left as it is. */
  async save(project: Project, run: Run, wish: Wish): Promise<Saved> {
    const { home } = this;
    const [notebook, network] = await Promise.all([
      written(project, run, wish.title, this.site.address),
      run.save(),
    ]);
    const place = await this.publish(home, JSON.stringify(notebook), wish);
    try {
      const { id } = home.note(run);
      for (const [one, entry] of home.trained) await this.tell(one, entry, place);
      return { place, run: id, model: await this.keep(network, run.prepared, id, place) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw new Problem(`The notebook is in ${place.lab}, but not all went with it: ${error.message}`, error.mend);
    }
  }

  private async publish(home: Home, notebook: string, wish: Wish): Promise<Place> {
    const body = { ...wish, notebook, message: "From the trainer" };
    const said = JSON.stringify(body);
    if (home.place?.mine && home.published === said) return home.place;
    let lab: Lab;
    if (!home.place) {
      const first = { ...body, tags: ["trainer"] };
      lab = await this.site.json("api/v1/labs", "POST", first, this.once(first));
    } else {
      const mine = home.place.mine ? home.place.lab : await this.fork(home, home.place.lab);
      await this.site.json(`api/v1/labs/${segments(mine)}/versions`, "POST", body, this.once(body));
      lab = await this.site.json(`api/v1/labs/${segments(mine)}`);
    }
    home.published = said;
    home.place = placeOf(lab, true);
    return home.place;
  }

  private async fork(home: Home, lab: string): Promise<string> {
    const made = await this.site.json<Lab>(`api/v1/labs/${segments(lab)}/fork`, "POST", {});
    home.place = placeOf(made, true);
    return home.place.lab;
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
