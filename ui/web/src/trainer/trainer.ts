/** The trainer: data, a network, its training and its tests, all in the reader's browser. */
import { Loading } from "./given/load.ts";
import { keptOffline } from "./offline/register.ts";
import { Project } from "./project.ts";
import { ColumnsStep } from "./view/columns.ts";
import { DataStep } from "./view/data.ts";
import { ExplainStep } from "./view/explain.ts";
import { NetworkStep } from "./view/network.ts";
import { Opening } from "./view/opening.ts";
import { TestStep } from "./view/testing.ts";
import { TrainingStep } from "./view/training.ts";
import { ValidationStep } from "./view/validation.ts";

function begin(root: HTMLElement): void {
  const project = new Project(root.dataset.worker ?? "");
  const place = (name: string): HTMLElement => root.querySelector<HTMLElement>(`[data-step="${name}"]`)!;
  new DataStep(place("data"), project, root.dataset.reader ?? "");
  new ColumnsStep(place("columns"), project);
  const { worker = "", api = "", models = "", viewer = "" } = root.dataset;
  const loading = new Loading(worker, api, models, viewer);
  const opening = new Opening(project, loading);
  new NetworkStep(place("network"), project, opening);
  new TrainingStep(place("training"), project);
  new ValidationStep(place("validation"), project);
  new TestStep(place("test"), project);
  new ExplainStep(place("explain"), project, loading);
  root.hidden = false;
  const named = document.querySelector<HTMLElement>("[data-model]")?.dataset.model;
  if (named) void opening.named(named);
}

document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector<HTMLElement>("[data-trainer]");
  if (!root) return;
  begin(root);
  window.addEventListener("load", () => keptOffline(root.dataset.page, root.dataset.offline));
});
