/** A search as a table of its jobs, with how far it is and what is best so far. */
import { short } from "../data/columns.ts";
import { best, done, last, network, over, reason, takeable, WORDS } from "../pool/progress.ts";
import type { PoolJob, Search } from "../pool/shapes.ts";
import { button, h, type Child } from "./dom.ts";
import { percent, table, type Cell } from "./parts.ts";

/** What scores are of; `deviation` makes a mean error one of the target's own numbers, where that is known. */
export interface Measure {
  task: "classes" | "number";
  deviation: number | null;
}

function score(job: PoolJob, { task, deviation }: Measure): string {
  const found = last(job);
  if (found?.score == null) return "–";
  return task === "classes" ? percent(found.score) : short(found.score * (deviation ?? 1));
}

function heading({ task, deviation }: Measure): string {
  if (task === "classes") return "Right";
  return deviation === null ? "Mean error, in spreads" : "Mean error";
}

function told({ task, deviation }: Measure, score: string): string {
  if (task === "classes") return `${score} right`;
  return deviation === null ? `off by ${score} spreads of the target on average` : `off by ${score} on average`;
}

function status(job: PoolJob): HTMLElement {
  const kind = job.status === "checking" ? "running" : job.status;
  const why = reason(job);
  return h("span", {}, h("span", { class: `status status--${kind}` }, WORDS[job.status]), why && h("span", { class: "muted" }, ` ${why}`));
}

/** Best first, then as they were asked for. */
function sorted(jobs: PoolJob[]): PoolJob[] {
  const loss = (job: PoolJob): number => last(job)?.loss ?? Infinity;
  return [...jobs].sort((one, other) => (loss(one) === loss(other) ? 0 : loss(one) - loss(other)));
}

/** `waiting` is said while nothing can begin. */
export function progressOf(search: Search, measure: Measure, take: (job: PoolJob) => void, waiting: Child): Child[] {
  const { jobs } = search;
  const found = best(jobs);
  const ready = found && takeable(found) && over(search) ? found : null;
  const head = ["Network", "Rate", "State", "Epoch", "Loss", heading(measure), "Take it"];
  const rows = sorted(jobs).map((job): Cell[] => [
    ...[network(job.layers), job.options.rate, status(job), `${job.epoch} of ${job.epochs}`],
    ...[last(job) ? short(last(job)!.loss!) : "–", score(job, measure), takes(job, take)],
  ]);
  const said = found
    ? h("p", {}, over(search) ? "Best: " : "Best so far: ", h("strong", {}, `${network(found.layers)}, rate ${found.options.rate}`), `, ${told(measure, score(found, measure))}.`)
    : h("p", { class: "muted" }, over(search) ? "Nothing came of it that could be scored." : "Nothing is scored yet.");
  return [
    h("progress", { class: "progress", "aria-label": "Epochs of all networks", ...done(jobs) }),
    waiting,
    said,
    ready &&
      h("div", {}, button("Take the best network", () => take(ready), { id: "pool-best", class: "button button--primary" })),
    Object.assign(table("Networks of this search, scored on the rows for validation", head, rows), { id: "pool-table" }),
  ];
}

function takes(job: PoolJob, take: (job: PoolJob) => void): Cell {
  if (!takeable(job)) return "";
  const label = `Take the network ${network(job.layers)}, rate ${job.options.rate}`;
  return button("Take", () => take(job), { class: "button button--small", id: `pool-take-${job.id}`, "aria-label": label });
}
