/** Hands a model to the document that tries it, which can reach nothing by itself, and follows a conversion. */
import { offerCamera } from "./camera";
import { own } from "./own";

const WAIT = 2000;

function frames(): HTMLIFrameElement[] {
  return [...document.querySelectorAll<HTMLIFrameElement>("iframe[data-try]")];
}

/** The files of a model; each group of weights may lie in several of them. */
async function files(address: string): Promise<{ model: any; groups: ArrayBuffer[] }> {
  const model = await described(address);
  const groups = model.weightsManifest.map(async ({ paths }: { paths: string[] }) => {
    const parts = paths.map(async (path) => (await fetched(new URL(path, new URL(address, location.href)).href)).blob());
    return new Blob(await Promise.all(parts)).arrayBuffer();
  });
  return { model, groups: await Promise.all(groups) };
}

const known = new Map<string, Promise<any>>();

/** The `model.json` at an address, fetched once. */
function described(address: string): Promise<any> {
  let found = known.get(address);
  if (!found) {
    known.set(address, (found = fetched(address).then((answer) => answer.json())));
    found.catch(() => known.delete(address));
  }
  return found;
}

/** What the trainer wrote into a model; only those that came as layers of TensorFlow.js can have it. */
async function metaOf(address: string, format = ""): Promise<unknown> {
  if (format !== "tfjs-layers") return undefined;
  // Whoever runs the model is told what is wrong with it.
  const model = await described(address).catch(() => null);
  return model?.userDefinedMetadata?.mlabs;
}

async function fetched(address: string): Promise<Response> {
  const answer = await fetch(address, { headers: own({}) });
  if (!answer.ok) throw new Error(`The model could not be fetched (${answer.status}). Reload the page and try again.`);
  return answer;
}

/** It listens to its own frames only. What it hands in is what this page's reader may load anyway. */
export function handModels(): void {
  window.addEventListener("message", async ({ source, data }: MessageEvent) => {
    const frame = frames().find((candidate) => candidate.contentWindow === source);
    if (!frame) return;
    // An opaque origin has no name that could be given here.
    const say = (message: object, more: Transferable[] = []): void => frame.contentWindow?.postMessage(message, "*", more);
    const { try: address = "", format, inputs = "[]", outputs = "[]" } = frame.dataset;
    if (data?.context === "mlabs.model.ready") {
      const shapes = { inputs: JSON.parse(inputs), outputs: JSON.parse(outputs) };
      say({ context: "mlabs.model.about", format, ...shapes, meta: await metaOf(address, format) });
      const place = document.querySelector<HTMLElement>("[data-try-camera]");
      if (place)
        offerCamera(place, JSON.parse(inputs), (input, picture) => say({ context: "mlabs.model.picture", input, picture }, [picture]));
    }
    if (data?.context !== "mlabs.model.want") return;
    try {
      say({ context: "mlabs.model.files", ...(await files(address)) });
    } catch (error) {
      say({ context: "mlabs.model.files", error: error instanceof Error ? error.message : String(error) });
    }
  });
}

/** Shows a version once it is converted. */
export function followModel(): void {
  const head = document.querySelector<HTMLElement>("[data-model-status]");
  if (!head) return;
  const timer = window.setInterval(async () => {
    const answer = await fetch(head.dataset.model ?? "", { headers: own({}) }).catch(() => null);
    const status = answer?.ok ? (await answer.json()).status : head.dataset.modelStatus;
    if (["queued", "converting"].includes(status)) return;
    clearInterval(timer);
    location.reload();
  }, WAIT);
}
