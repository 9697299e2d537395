/** Saves a network as a model by itself, without a lab: one that was fine-tuned has no notebook that makes it. */
import type { Prepared } from "../data/prepared.ts";
import type { Site } from "../site.ts";
import { modelJson, WEIGHTS } from "../take.ts";
import type { Saved } from "../worker/protocol.ts";
import type { Wish } from "./lab.ts";
import { ulid } from "./ulid.ts";

interface Model {
  owner: string;
  name: string;
}

/** Seconds that the site may take to look at it before it answers. */
const WAIT = 30;

/** `owner/name` of the model that it became; `key` is the same for the same that is sent once more. */
export async function savedModel(site: Site, network: Saved, prepared: Prepared, wish: Wish, key = ulid()): Promise<string> {
  const form = new FormData();
  for (const [name, value] of Object.entries(wish)) form.append(name, value);
  form.append("file", new Blob([modelJson(network, prepared)], { type: "application/json" }), "model.json");
  form.append("file", new Blob([network.data]), WEIGHTS);
  const answer = await site.ask(`api/v1/models?wait=${WAIT}`, "POST", form, { "Idempotency-Key": key });
  const { owner, name } = (await answer.json()) as Model;
  return `${owner}/${name}`;
}
