/** The trainer: data, a network, its training and its tests, all in the reader's browser. */
import { Loading } from "./given/load.ts";
import { keptOffline } from "./offline/register.ts";
import { Pool } from "./pool/pool.ts";
import { Project } from "./project.ts";
import { Keeper } from "./saving/lab.ts";
import { ofLab, open } from "./saving/opening.ts";
import { Site } from "./site.ts";
import { ColumnsStep } from "./view/columns.ts";
import { DataStep } from "./view/data.ts";
import { ExplainStep } from "./view/explain.ts";
import { KeepStep } from "./view/keeping.ts";
import { guarded, offered } from "./view/leaving.ts";
import { marked } from "./view/steps.ts";
import { NetworkStep } from "./view/network.ts";
import { Opening } from "./view/opening.ts";
import { asked, PoolPart } from "./view/pool.ts";
import { Signing, waiting } from "./view/signing.ts";
import { TestStep } from "./view/testing.ts";
import { TrainingStep } from "./view/training.ts";
import { ValidationStep } from "./view/validation.ts";

function begin(root: HTMLElement): void {
  const project = new Project(root.dataset.worker ?? "", root.dataset.reader ?? "");
  const place = (name: string): HTMLElement => root.querySelector<HTMLElement>(`[data-step="${name}"]`)!;
  const site = new Site(root.dataset);
  const data = new DataStep(place("data"), project, root.dataset.reader ?? "", site);
  new ColumnsStep(place("columns"), project);
  const loading = new Loading(root.dataset.worker ?? "", `${site.base}api/v1/`, `${site.base}models/`, site.user ?? "");
  const opening = new Opening(project, loading);
  new NetworkStep(place("network"), project, opening);
  new TrainingStep(place("training"), project);
  const keeper = new Keeper(site);
  const signing = new Signing(site, project, keeper);
  const pool = root.dataset.pool === undefined ? null : new PoolPart(place("training"), project, new Pool(site), signing);
  new ValidationStep(place("validation"), project);
  new TestStep(place("test"), project);
  new ExplainStep(place("explain"), project);
  const keep = new KeepStep(place("keep"), project, site, keeper, signing);
  marked(root, project);
  root.hidden = false;
  guarded(project);
  again(project, site, data, keep, pool);
  const named = document.querySelector<HTMLElement>("[data-model]")?.dataset.model;
  if (named) void opening.named(named);
}

/** Opens the lab or the dataset that the address names, or what this tab remembers. */
function again(project: Project, site: Site, data: DataStep, keep: KeepStep, pool: PoolPart | null): void {
  const address = new URLSearchParams(location.search);
  const lab = address.get("lab")?.replace(/^@/, "");
  const dataset = address.get("dataset");
  const waits = waiting(site);
  const search = pool && asked(address);
  if (search)
    void data.attempt(async (still) => {
      if (search.kept) await open(project, data, search.kept, still);
      pool.open(search.search, address.get("take") === "best");
    });
  else if (lab)
    void data.attempt(async (still) => {
      const { kept, place } = await ofLab(site, lab);
      await open(project, data, kept, still);
      keep.at(place);
    });
  else if (dataset) data.datasets.named(dataset);
  else if (waits)
    void data.attempt(async (still) => {
      await open(project, data, waits.kept, still);
      if (waits.place) keep.at(waits.place);
    });
  else offered(data, (kept, still) => open(project, data, kept, still));
}

document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector<HTMLElement>("[data-trainer]");
  if (!root) return;
  begin(root);
  window.addEventListener("load", () => keptOffline(root.dataset.page, root.dataset.offline));
});
