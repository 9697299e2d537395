/** The page of a search: what the server words is fetched anew while it goes on, and its curves are drawn here. */
import { refreshParts } from "../../pages/islands/parts.ts";
import { own } from "../../pages/islands/own.ts";
import { short } from "../../trainer/data/columns.ts";
import { best, network, over } from "../../trainer/pool/progress.ts";
import type { PoolJob, Score, Search } from "../../trainer/pool/shapes.ts";
import { charted, percent, table } from "../../trainer/view/parts.ts";
import { lines, type Line } from "../../trainer/view/plot.ts";
import { polled } from "../polling.ts";

/** Milliseconds between two looks. */
const EVERY = 3000;
/** Curves in one drawing: more cannot be told apart. */
const MOST = 6;
const HUES = 8;

type Told = (value: number) => string;

export function followSearch(root: HTMLElement): void {
  let drawn = "";
  const stop = polled(async () => {
    const answer = await fetch(root.dataset.search!, { headers: own({}) }).catch(() => null);
    if (!answer?.ok) return;
    const text = await answer.text();
    const search = JSON.parse(text) as Search;
    if (text !== drawn && !reads(root)) {
      if (drawn) await refreshParts(location.href);
      draw(root, search);
      drawn = text;
    }
    if (over(search) && text === drawn) stop();
  }, EVERY);
}

/** A table or a list that somebody opened stays as it is while they read it. */
function reads(root: HTMLElement): boolean {
  return root.querySelector("details[open]") !== null;
}

function draw(root: HTMLElement, { jobs }: Search): void {
  const scored = jobs.filter((job) => points(job, "loss").length);
  root.querySelector<HTMLElement>("[data-curves-section]")!.hidden = !scored.length;
  if (!scored.length) return;
  const loss = (job: PoolJob): number => points(job, "loss").at(-1)![1];
  const shown = [...scored].sort((one, other) => loss(one) - loss(other)).slice(0, MOST);
  const classes = jobs[0].output.activation !== "linear";
  const told: Told = classes ? percent : short;
  const first = best(jobs);
  root.querySelector("[data-curves]")!.replaceChildren(
    chart("Loss on the rows for validation", shown, jobs, "loss", short, first),
    chart(classes ? "How many are right" : "Mean error, in spreads of the target", shown, jobs, "score", told, first),
  );
}

function points({ scores }: PoolJob, what: "loss" | "score"): [number, number][] {
  return scores.filter((score) => score[what] !== null).map((score: Score) => [score.epoch, score[what]!]);
}

function name({ layers, options }: PoolJob): string {
  return `${network(layers)}, ${options.rate}`;
}

function chart(title: string, shown: PoolJob[], all: PoolJob[], what: "loss" | "score", told: Told, first: PoolJob | null): HTMLElement {
  const hues = apart(shown.map((job) => all.indexOf(job) % HUES));
  const made = shown.map((job, at): Line => ({ name: name(job), hue: hues[at], points: points(job, what) }));
  const few = all.length > MOST ? ` (the best ${MOST})` : "";
  const drawing = lines(`${title} by epoch`, made, { across: "epoch", up: what === "loss" ? "loss" : "score" });
  const value = first ? points(first, what).at(-1)?.[1] : undefined;
  return charted(`${title}${few}`, drawing, () => asTable(title, shown, what, told), value === undefined ? "" : told(value));
}

/** The same colors as in the lanes below, but no color twice. */
export function apart(hues: number[]): number[] {
  const taken = new Set<number>();
  return hues.map((hue) => {
    const free = Array.from({ length: HUES }, (_, step) => (hue + step) % HUES).find((one) => !taken.has(one)) ?? hue;
    taken.add(free);
    return free;
  });
}

function asTable(title: string, shown: PoolJob[], what: "loss" | "score", told: Told): HTMLElement {
  const epochs = [...new Set(shown.flatMap((job) => points(job, what).map(([epoch]) => epoch)))].sort((a, b) => a - b);
  const values = shown.map((job) => new Map(points(job, what)));
  const rows = epochs.map((epoch) => [epoch, ...values.map((of) => (of.has(epoch) ? told(of.get(epoch)!) : "–"))]);
  return table(title, ["Epoch", ...shown.map(name)], rows);
}
