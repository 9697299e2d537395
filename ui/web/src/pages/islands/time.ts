/** Times as people say them; the exact time stays in the title. */

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** `"3 hours ago"` for a time in milliseconds. */
export function ago(then: number, now: number): string {
  const seconds = (then - now) / 1000;
  const step = STEPS.find(([, length]) => Math.abs(seconds) >= length);
  return step ? words.format(Math.trunc(seconds / step[1]), step[0]) : "just now";
}

/** `"4 s"`, `"3 min 05 s"`, `"2 h 03 min"`, as the server writes durations. */
export function lasting(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

function refresh(): void {
  const now = Date.now();
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-ago]")) {
    element.textContent = ago(Date.parse(element.dateTime), now);
  }
}

function tick(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-since]")) {
    element.textContent = lasting(Date.now() - Date.parse(element.dataset.since ?? ""));
  }
}

/** Writes times relative to now, and keeps them so. */
export function relativeTimes(): void {
  refresh();
  setInterval(refresh, 60_000);
  tick();
  setInterval(tick, 1000);
}
