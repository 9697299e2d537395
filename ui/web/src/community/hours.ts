/** The hours of the day in which a computer is lent. */

/** From the first, up to the second, by the clock on the wall; over midnight where the second is smaller. */
export interface Hours {
  from: number;
  to: number;
}

/** Milliseconds until the next of these hours; 0 within them. */
export function untilOpen(hours: Hours | null, now: Date): number {
  if (!hours || hours.from === hours.to) return 0;
  const hour = now.getHours();
  const within =
    hours.from < hours.to ? hour >= hours.from && hour < hours.to : hour >= hours.from || hour < hours.to;
  if (within) return 0;
  const opens = new Date(now);
  opens.setHours(hours.from, 0, 0, 0);
  if (opens <= now) opens.setDate(opens.getDate() + 1);
  return opens.getTime() - now.getTime();
}
