/** The thread of a tab that is lent: holds the leases, in a thread that browsers do not slow down in hidden tabs. */
import { Lending, type Place } from "./lending.ts";
import type { Registration } from "./pool.ts";
import type { Asked as SlicerAsked, Said as SlicerSaid } from "./slicer.ts";
import type { Options, State } from "./state.ts";
import type { Begin } from "./thread.ts";

export type Asked =
  | { ask: "start"; api: string; own: Place["own"]; options: Options }
  | { ask: "pause"; why: string }
  | { ask: "resume" | "stop" }
  | { ask: "limit"; limits: Partial<Options> };

/** `registered`: what it takes to leave, should the tab be closed. */
export type Said = { say: "state"; state: State } | { say: "registered"; registration: Registration } | { say: "stopped" };

/** This script is that of both threads: the other one has this name. */
const TRAINS = "trains";

declare const self: {
  name: string;
  location: Location;
  onmessage: (event: MessageEvent<never>) => void;
  postMessage(said: Said | SlicerSaid, given?: Transferable[]): void;
};

const begin: Begin = (hear) => {
  const worker = new Worker(self.location.href, { type: "module", name: TRAINS });
  worker.onmessage = ({ data }: MessageEvent<SlicerSaid>) => hear(data);
  worker.onerror = ({ message }) => hear({ say: "failed", message: message || "its thread could not be started" });
  return { tell: (asked) => worker.postMessage(asked), end: () => worker.terminate() };
};

/** What is asked comes before all that trains is loaded: it waits for that, in order. */
function train(): void {
  const ready = import("./slicer.ts").then(({ served }) => served((said, given) => self.postMessage(said, given)));
  self.onmessage = async ({ data }: MessageEvent<SlicerAsked>) => (await ready)(data);
}

function lend(): void {
  let lending: Lending | null = null;
  const started = ({ api, own, options }: Extract<Asked, { ask: "start" }>): Lending => {
    const registered = (registration: Registration): void => self.postMessage({ say: "registered", registration });
    const place: Place = { api, kind: "tab", own, registered };
    return new Lending(place, options, begin, (state) => self.postMessage({ say: "state", state }));
  };
  self.onmessage = async ({ data: asked }: MessageEvent<Asked>) => {
    if (asked.ask === "start") await (lending = started(asked)).run();
    else if (asked.ask === "pause") lending?.pause(asked.why);
    else if (asked.ask === "resume") lending?.resume();
    else if (asked.ask === "limit") lending?.limit(asked.limits);
    else {
      await lending?.stop();
      self.postMessage({ say: "stopped" });
    }
  };
}

if (self.name === TRAINS) train();
else lend();
