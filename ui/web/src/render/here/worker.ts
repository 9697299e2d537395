/** Computes, in a worker of its own: one task after the other, until somebody ends it. */
import { Python } from "./python";
import { Script } from "./script";
import type { Said, Task } from "./protocol";
import { Streams } from "./streams";

declare const self: { onmessage: (event: MessageEvent<Task>) => void; postMessage(said: Said): void };

const say = (said: Said): void => self.postMessage(said);
const streams = new Streams((output) => say({ output }));
const python = new Python(streams, say);
const script = new Script(streams, say);

self.onmessage = async ({ data: task }) => {
  streams.begin();
  try {
    const done = await (task.language === "python" ? python : script).run(task);
    streams.end();
    say({ done });
  } catch (error) {
    say({ broken: error instanceof Error ? error.message : String(error) });
  }
};
