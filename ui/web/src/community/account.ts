/** What a machine made possible, counted on that machine alone. */
import { parsed } from "./limits.ts";
import type { Done } from "./state.ts";

export interface Account {
  slices: number;
  epochs: number;
  seconds: number;
  /** Networks whose last part was done here. */
  ended: number;
  /** The newest ones by name, so that none is counted twice. */
  jobs: string[];
  networks: number;
  people: string[];
}

export const NOTHING: Account = { slices: 0, epochs: 0, seconds: 0, ended: 0, jobs: [], networks: 0, people: [] };
/** Names that are remembered. */
const MOST = 200;

export function added(account: Account, part: Done): Account {
  const known = account.jobs.includes(part.job);
  const met = account.people.includes(part.person);
  return {
    slices: account.slices + 1,
    epochs: account.epochs + part.epochs,
    seconds: account.seconds + part.seconds,
    ended: account.ended + Number(part.ends),
    jobs: known ? account.jobs : [...account.jobs, part.job].slice(-MOST),
    networks: account.networks + Number(!known),
    people: met ? account.people : [...account.people, part.person],
  };
}

export function keptAccount(text: string | null): Account {
  const given = parsed(text);
  const count = (name: keyof Account): number => {
    const value = given[name];
    return typeof value === "number" && value >= 0 && Number.isFinite(value) ? value : 0;
  };
  const names = (name: "jobs" | "people"): string[] => {
    const value = given[name];
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  };
  return {
    ...{ slices: count("slices"), epochs: count("epochs"), seconds: count("seconds") },
    ...{ ended: count("ended"), networks: count("networks") },
    ...{ jobs: names("jobs").slice(-MOST), people: names("people") },
  };
}
