/** The numbers of the pool on its page, asked for again and again while somebody looks. */
import { own } from "../../pages/islands/own.ts";
import { ago, lasting } from "../../pages/islands/time.ts";
import { h } from "../../trainer/view/dom.ts";
import { polled } from "../polling.ts";
import { BACKENDS } from "./wording.ts";

/** Milliseconds between two looks. */
const EVERY = 5000;

interface Worker {
  name: string;
  kind: "tab" | "machine";
  backend: string;
  since: string;
  busy: boolean;
}

interface Community {
  workers: Worker[];
  waiting: number;
  running: number;
  done_today: number;
  seconds_lent_month: number;
}

export function followNumbers(root: HTMLElement): void {
  polled(async () => {
    const answer = await fetch(`${root.dataset.community}community`, { headers: own({}) }).catch(() => null);
    // What cannot be had now is asked for again.
    if (answer?.ok) show(root, (await answer.json()) as Community);
  }, EVERY);
}

function show(root: HTMLElement, found: Community): void {
  const { workers, waiting, running, done_today, seconds_lent_month } = found;
  const facts = { workers: workers.length, waiting, running, done_today, seconds_lent_month: lasting(seconds_lent_month * 1000) };
  for (const [name, value] of Object.entries(facts)) {
    const place = root.querySelector<HTMLElement>(`[data-fact="${name}"]`);
    if (place && place.textContent !== String(value)) place.textContent = String(value);
  }
  root.querySelector<HTMLElement>("[data-workers]")!.hidden = !workers.length;
  root.querySelector<HTMLElement>("[data-no-workers]")!.hidden = workers.length > 0;
  root.querySelector("[data-worker-rows]")!.replaceChildren(...workers.map(row));
}

function row({ name, kind, backend, since, busy }: Worker): HTMLElement {
  const state = h("span", { class: `status status--${busy ? "running" : "open"}` }, busy ? "Training" : "Ready");
  const time = h("time", { datetime: since, "data-ago": "" }, ago(Date.parse(since), Date.now()));
  return h(
    "tr",
    {},
    ...[h("td", {}, name), h("td", {}, kind === "tab" ? "A tab" : "A machine"), h("td", {}, BACKENDS[backend] ?? backend), h("td", {}, state)],
    h("td", { class: "muted small" }, time),
  );
}
