/** What a person sets of a tab that they lend, and whether it may compute now. */

export interface Limits {
  /** Of one processor, from 10 to 100. */
  share: number;
  graphics: boolean;
  charging: boolean;
  unmetered: boolean;
  /** Hours of the day from which and until when, or always; the second may be before the first: over midnight. */
  hours: [from: number, until: number] | null;
  /** Whether the screen stays on meanwhile. */
  awake: boolean;
}

/** What a browser says of its machine; null where it says nothing. */
export interface Facts {
  charging: boolean | null;
  metered: boolean | null;
}

export const USUAL: Limits = { share: 50, graphics: false, charging: true, unmetered: true, hours: null, awake: false };

/** Why it has to wait; empty where it need not. What a browser does not say keeps nothing back. */
export function held(limits: Limits, facts: Facts, now: Date): string {
  if (limits.charging && facts.charging === false) return "Waiting: this machine runs on its battery.";
  if (limits.unmetered && facts.metered) return "Waiting: this network is metered.";
  if (limits.hours && !within(limits.hours, now.getHours()))
    return `Waiting: it is not between ${clock(limits.hours[0])} and ${clock(limits.hours[1])}.`;
  return "";
}

function within([from, until]: [number, number], hour: number): boolean {
  if (from === until) return true;
  return from < until ? hour >= from && hour < until : hour >= from || hour < until;
}

export function clock(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}

/** Limits as they were kept, with what is odd or absent as usual. */
export function keptLimits(text: string | null): Limits {
  const given = parsed(text);
  const flag = (name: "graphics" | "charging" | "unmetered" | "awake"): boolean =>
    typeof given[name] === "boolean" ? given[name] : USUAL[name];
  const { share, hours } = given;
  return {
    share: typeof share === "number" && share >= 10 && share <= 100 ? share : USUAL.share,
    ...{ graphics: flag("graphics"), charging: flag("charging"), unmetered: flag("unmetered"), awake: flag("awake") },
    hours: Array.isArray(hours) && hours.length === 2 && hours.every(isHour) ? [hours[0], hours[1]] : null,
  };
}

function isHour(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 24;
}

export function parsed(text: string | null): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(text ?? "{}");
    return found && typeof found === "object" ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
