/** Whether anybody lends just now, said before a search is sent and while it waits. */

/** Of what `api/v1/community` answers, what is said here. */
export interface Crowd {
  enabled: boolean;
  workers: number;
}

/** Whether what is asked for has to wait for somebody to come. */
export function waits({ enabled, workers }: Crowd): boolean {
  return !enabled || !workers;
}

export function crowdWords({ enabled, workers }: Crowd): string {
  if (!enabled) return "An administrator has switched the pool off: nothing is begun. What waits is kept, and goes on once it is on again.";
  if (!workers) return "Nobody lends a machine just now: what you ask for waits until somebody does.";
  return workers === 1 ? "1 machine is lent just now." : `${workers.toLocaleString("en")} machines are lent just now.`;
}
