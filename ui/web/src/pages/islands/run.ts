/** Follows a run that has not ended: asks now and then, less often while nothing happens, never in a hidden tab. */
import { documents, reload } from "./frame";

const SOONEST = 3_000;
const LATEST = 30_000;

interface Run {
  status: string;
  busy: boolean;
  cells: number;
  ended: string | null;
}

function show(place: HTMLElement, run: Run): void {
  const cells = place.querySelector<HTMLElement>("[data-cells]");
  const busy = place.querySelector<HTMLElement>("[data-busy]");
  const status = place.querySelector<HTMLElement>("[data-status]");
  if (status && run.status === "running") {
    status.textContent = run.busy ? "Running" : "Open";
    status.className = `status status--${run.busy ? "running" : "open"}`;
  }
  if (cells) cells.textContent = String(run.cells);
  if (busy) busy.textContent = run.busy ? "A cell is running now." : "Between two cells.";
  documents().forEach(reload);
}

/** True where the run moved on since it was last shown. */
async function look(place: HTMLElement): Promise<boolean> {
  const response = await fetch(place.dataset.run ?? "", { headers: { Accept: "application/json" } });
  if (!response.ok) return false;
  const run = (await response.json()) as Run;
  if (run.ended || run.status !== place.dataset.runStatus) {
    location.reload();
    return true;
  }
  const seen = `${run.cells} ${run.busy}`;
  if (seen === place.dataset.runSeen) return false;
  const first = place.dataset.runSeen === undefined;
  place.dataset.runSeen = seen;
  if (!first) show(place, run);
  return true;
}

export function followRun(): void {
  const place = document.querySelector<HTMLElement>("[data-run]");
  if (!place) return;
  let wait = SOONEST;
  const again = async (): Promise<void> => {
    if (!document.hidden) {
      const moved = await look(place).catch(() => false);
      wait = moved ? SOONEST : Math.min(wait * 1.5, LATEST);
    }
    setTimeout(() => void again(), wait);
  };
  document.addEventListener("visibilitychange", () => (wait = SOONEST));
  setTimeout(() => void again(), wait);
}
