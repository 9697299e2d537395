/** What can be seen of a computer that is lent, and what may be set of it. */
import type { Hours } from "./hours.ts";

export interface Options {
  /** Of one processor, above 0, up to 1. */
  share: number;
  /** Whether a graphics card may compute as well. */
  graphics: boolean;
  /** Of the day, where it is not always. */
  hours: Hours | null;
}

/** A slice that is done here now; `started` in milliseconds since 1970. */
export interface Doing {
  id: string;
  layers: number;
  rows: number;
  epoch: number;
  from: number;
  to: number;
  started: number;
}

/** A slice that was done and taken. */
export interface Done {
  job: string;
  /** Tells those apart for whom it was done. */
  person: string;
  /** Whether it was the last of its job. */
  ends: boolean;
  epochs: number;
  seconds: number;
}

/** `resting`: outside the hours; `unreachable`: the server does not answer, and is asked again. */
export type Phase =
  | "off"
  | "starting"
  | "waiting"
  | "working"
  | "paused"
  | "resting"
  | "unreachable"
  | "failed";

export interface State {
  phase: Phase;
  /** In plain words; empty where there is nothing to say. */
  why: string;
  /** What others see. */
  name: string;
  backend: string;
  speed: number;
  /** Slices that were taken, and for how many seconds was computed for them. */
  done: number;
  seconds: number;
  last: Done | null;
  job: Doing | null;
  /** When it asks again, in milliseconds since 1970. */
  until: number | null;
}

export const OFF: State = {
  phase: "off",
  why: "",
  name: "",
  backend: "",
  speed: 0,
  done: 0,
  seconds: 0,
  last: null,
  job: null,
  until: null,
};
