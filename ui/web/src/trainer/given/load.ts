/** Brings a model into the page: from the library, or from files of one's own. */
import { Machine } from "../machine.ts";
import { Problem } from "../problem.ts";
import { own } from "../../pages/islands/own.ts";
import { FIRST, type About, type Files, type Given } from "./about.ts";
import { usable } from "./fit.ts";
import { metaOf } from "./meta.ts";

interface Group {
  paths: string[];
  weights: unknown[];
}

interface ModelJson {
  format?: string;
  modelTopology?: { node?: unknown };
  weightsManifest?: Group[];
  userDefinedMetadata?: { mlabs?: unknown };
}

type Bytes = (path: string) => Promise<ArrayBuffer>;

const CONVERTED = /\.(h5|hdf5|keras)$/i;

async function answered(address: string, more: RequestInit = {}): Promise<Response> {
  const answer = await fetch(address, { ...more, headers: own({}) }).catch(() => null);
  if (answer?.ok) return answer;
  if (!answer) throw new Problem("The model could not be loaded.", "See whether you are connected, and try again.");
  if (answer.status === 404) throw new Problem("There is no such model, or it is not yours to see.", "Choose another.");
  const said = await answer.json().catch(() => null);
  throw new Problem(said?.error?.message ?? `The service refused (${answer.status}).`, "");
}

/** One whole of a description and its weights; a Problem where it is nothing that can be trained. */
async function joined(json: ModelJson, bytes: Bytes): Promise<Files> {
  const { modelTopology, weightsManifest } = json;
  if (!modelTopology || !weightsManifest)
    throw new Problem("This is no model of TensorFlow.js.", "Choose model.json together with its files of weights.");
  if (json.format === "graph-model" || modelTopology.node)
    throw new Problem(
      "This model is a graph of operations: it has no layers that could be trained further.",
      "Take the .h5 or .keras file that it came from.",
    );
  const parts = await Promise.all(weightsManifest.flatMap(({ paths }) => paths).map(bytes));
  const data = await new Blob(parts).arrayBuffer();
  return { topology: modelTopology, specs: weightsManifest.flatMap(({ weights }) => weights), data };
}

export class Loading {
  /** `api` and `models` are addresses of the service, with a slash at their end. */
  constructor(
    private worker: string,
    private api: string,
    private models: string,
    readonly viewer: string,
  ) {}

  /** The names of models that can be chosen: one's own first. */
  async names(): Promise<string[]> {
    const lists = [...(this.viewer ? [`?owner=${encodeURIComponent(this.viewer)}&limit=50`] : []), "?limit=50"];
    const found = await Promise.all(lists.map(async (query) => (await answered(`${this.api}models${query}`)).json()));
    const ready = found
      .flatMap(({ items }) => items)
      .filter((one) => one.status === "ready" && !/graph/.test(one.format));
    return [...new Set(ready.map(({ owner, name }) => `${owner}/${name}`))];
  }

  async named(name: string): Promise<Given> {
    const [owner, model] = name.split("/");
    const address = new URL(`${this.models}${encodeURIComponent(owner)}/${model}/latest/model.json`, location.href);
    const json: ModelJson = await (await answered(address.href)).json();
    // A version's weights never change, and neither do those of the one that is named here.
    const files = await joined(json, async (path) => (await answered(new URL(path, address).href)).arrayBuffer());
    return this.look(name, json, files);
  }

  async files(chosen: File[]): Promise<Given> {
    if (chosen.length === 1 && CONVERTED.test(chosen[0].name)) return this.uploaded(chosen[0]);
    const description = chosen.find(({ name }) => name.endsWith(".json"));
    if (!description)
      throw new Problem(
        "No model.json is among these files.",
        "Choose it together with its files of weights, or one .h5.",
      );
    const json: ModelJson = await description
      .text()
      .then((text) => JSON.parse(text))
      .catch(() => ({}));
    const files = await joined(json, async (path) => {
      const found = chosen.find(({ name }) => name === path.split("/").at(-1));
      if (!found) throw new Problem(`The file ${path} is missing.`, "Choose it together with model.json.");
      return found.arrayBuffer();
    });
    return this.look(description.name, json, files);
  }

  /** A file of Keras: the service converts it, and keeps it among the models of whoever is signed in. */
  private async uploaded(file: File): Promise<Given> {
    if (!this.viewer)
      throw new Problem("Files of Keras are converted by the service, for people who are signed in.", "Sign in first.");
    const form = new FormData();
    form.append("visibility", "private");
    form.append("file", file);
    const answer = await answered(`${this.api}models?wait=60`, { method: "POST", body: form });
    const { owner, name, status } = await answer.json();
    if (status !== "ready")
      throw new Problem(`It is still being converted, as ${owner}/${name}.`, "Choose it from the library in a minute.");
    return this.named(`${owner}/${name}`);
  }

  private async look(name: string, json: ModelJson, files: Files): Promise<Given> {
    const about = await this.about(files);
    usable(about);
    return { name, files, about, meta: metaOf(json.userDefinedMetadata?.mlabs), plan: FIRST };
  }

  private about(files: Files): Promise<About> {
    return new Promise<About>((resolve, reject) => {
      const failed = (message: string): void =>
        reject(new Problem(`TensorFlow.js cannot load this model: ${message}.`, "Save it again, or take another."));
      const deaf = (): void => undefined;
      const machine = new Machine(this.worker, { doing: deaf, began: deaf, epoch: deaf, ended: deaf, failed });
      machine
        .inspect(files)
        .then(resolve, (error: Error) => failed(error.message))
        .finally(() => machine.end());
    });
  }
}
