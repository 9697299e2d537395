/** Lends a machine without a browser: `mlabs volunteer` starts this on Node.js, and says what in `MLABS_VOLUNTEER`. */
import { constants, setPriority } from "node:os";
import { isMainThread } from "node:worker_threads";
import { Lending } from "./lending.ts";
import { lines } from "./lines.ts";
import { begin, serve } from "./node_thread.ts";
import { OFF, type Options } from "./state.ts";

interface Asked {
  api: string;
  /** Of who is signed in; empty for nobody. */
  token: string;
  options: Options;
  /** What its lines call this machine. */
  name: string;
  once: boolean;
  json: boolean;
}

async function lend({ api, token, options, name, once, json }: Asked): Promise<void> {
  const own: Record<string, string> = token ? { Authorization: `token ${token}` } : {};
  let before = OFF;
  const lending = new Lending({ api, kind: "machine", own }, options, begin, (state) => {
    const said = json ? [JSON.stringify(state)] : lines(before, state, options, name).map((line) => `${clock()} ${line}`);
    before = state;
    for (const line of said) process.stdout.write(`${line}\n`);
  });
  const stop = (): void => void lending.stop().then(() => process.exit(0));
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  await lending.run(once);
  if (lending.state.phase === "failed") process.exit(1);
}

function clock(): string {
  return new Date().toLocaleTimeString("en-GB");
}

// What a library says is none of the lines.
console.warn = console.log = console.info = console.error = () => undefined;
if (isMainThread) {
  const { MLABS_VOLUNTEER } = process.env;
  // Threads need not know who lends.
  delete process.env.MLABS_VOLUNTEER;
  await lend(JSON.parse(MLABS_VOLUNTEER ?? "") as Asked);
} else {
  // On Linux this is the priority of the thread that computes alone: the one that is told to stop is never held up.
  setPriority(constants.priority.PRIORITY_LOW);
  serve();
}
