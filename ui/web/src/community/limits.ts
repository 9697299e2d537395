/** What a person sets of a tab that they lend, and whether it may compute now. */
import type { Hours } from "./hours.ts";

export interface Limits {
  /** Of one processor, in percent, from 10 to 100. */
  share: number;
  graphics: boolean;
  charging: boolean;
  unmetered: boolean;
  hours: Hours | null;
  /** Whether the screen stays on meanwhile. */
  awake: boolean;
}

/** What a browser says of its machine; null where it says nothing. */
export interface Facts {
  charging: boolean | null;
  metered: boolean | null;
}

export const USUAL: Limits = { share: 50, graphics: false, charging: true, unmetered: true, hours: null, awake: false };

/** Why it has to rest, the hours aside; empty where it need not. What a browser does not say keeps nothing back. */
export function held(limits: Limits, facts: Facts): string {
  if (limits.charging && facts.charging === false) return "It rests: this machine runs on its battery.";
  return limits.unmetered && facts.metered ? "It rests: this network is metered." : "";
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
    hours: hoursOf(hours as Partial<Hours> | null),
  };
}

function hoursOf(given: Partial<Hours> | null): Hours | null {
  const [from, to] = [given?.from, given?.to];
  return isHour(from) && isHour(to) ? { from, to } : null;
}

function isHour(value: unknown): value is number {
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
