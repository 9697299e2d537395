/** What a computer that is lent says at a terminal. */
import type { Options, State } from "./state.ts";

const BACKENDS: Record<string, string> = { cpu: "plain JavaScript", wasm: "WebAssembly", webgl: "the graphics card" };

/** What is new since `before`, in lines; `machine` is what its person calls it. */
export function lines(before: State, after: State, { share }: Options, machine: string): string[] {
  const { phase, name, backend, speed, job, done, last } = after;
  const said: string[] = [];
  if (name && name !== before.name) {
    const limit = `${Math.round(share * 100)} % of one processor`;
    const fast = Math.round(speed).toLocaleString("en");
    said.push(`${machine} lends as ${name}: ${limit}, ${BACKENDS[backend]}, ${fast} million multiplications a second.`);
  }
  if (done > before.done && last) said.push(`Done in ${last.seconds.toFixed(1)} s, and taken: ${done} so far.`);
  if (job && job.id + job.from !== (before.job?.id ?? "") + before.job?.from)
    said.push(`Job ${job.id}: epochs ${job.from + 1} to ${job.to} on ${job.rows.toLocaleString("en")} rows.`);
  if (phase !== before.phase && phase !== "working") said.push(...turned(after));
  return said;
}

function turned({ phase, why, until, done }: State): string[] {
  const time = until === null ? "" : new Date(until).toLocaleTimeString("en-GB");
  switch (phase) {
    case "waiting":
      return ["Nothing to do just now: waiting for work."];
    case "resting":
      return [`Outside the hours: resting until ${time}.`];
    case "unreachable":
      return [`${why} Asked again from ${time} on.`];
    case "paused":
      return [`Paused. ${why}`.trim()];
    case "failed":
      return [`Ended: ${why}`];
    case "off":
      return [done ? "Stopped. Thank you for lending." : "Stopped."];
    default:
      return [];
  }
}
