/** JavaScript cells, as the browser runs them; TensorFlow.js from the administrator's address where one asks for it. */
import type { Result, Said, Task } from "./protocol";
import type { Streams } from "./streams";

const WIDTH = 80;
const TENSORFLOW = "tf.min.js";
const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
const scope = globalThis as Record<string, any>;

export class Script {
  constructor(
    private streams: Streams,
    private say: (said: Said) => void,
  ) {
    for (const [method, name] of Object.entries({ log: "stdout", info: "stdout", warn: "stderr", error: "stderr" })) {
      (console as any)[method] = (...said: unknown[]) =>
        this.streams.write(name as "stdout" | "stderr", `${said.map(spoken).join(" ")}\n`);
    }
  }

  async run({ code, from }: Task): Promise<Result> {
    if (/\btf\b/.test(code) && !scope.tf) {
      this.say({ doing: "Loading TensorFlow.js" });
      const there = await import(`${from}${TENSORFLOW}`).catch(() => null);
      if (!there) return this.failed("TensorFlow.js is not at the address that this MLabs loads it from.", "tf");
    }
    this.say({ doing: "Running" });
    try {
      const value = await (0, eval)(lasting(code));
      this.streams.flush();
      if (value !== undefined) this.output({ output_type: "execute_result", data: { "text/plain": shown(value) } });
      return { failed: false, lacked: "" };
    } catch (error) {
      return this.failed(error instanceof Error ? `${error.name}: ${error.message}` : `Thrown: ${spoken(error)}`);
    }
  }

  private failed(told: string, lacked = ""): Result {
    this.streams.flush();
    this.output({ output_type: "error", ename: told.split(":")[0], traceback: [told] });
    return { failed: true, lacked };
  }

  private output(output: any): void {
    this.say({ output });
  }
}

/** The code with its names kept for the cells that follow; with `await`, as a function that is waited for. */
function lasting(code: string): string {
  if (!/\bawait\b/.test(code)) return code.replace(/^(?:const|let)\s/gm, "var ");
  const kept = returning(code).replace(/^(?:const|let|var)\s+([\w$]+)\s*=/gm, "globalThis.$1 =");
  const named = [...code.matchAll(/^(?:async\s+)?function\*?\s+([\w$]+)/gm)].map(([, name]) => name);
  return `(async () => {\n${kept}\n${named.map((name) => `globalThis.${name} = ${name};`).join("")}\n})()`;
}

/** The code with its last line as what the function returns, where that is an expression of its own. */
function returning(code: string): string {
  const lines = code.trimEnd().split("\n");
  const last = `return (${(lines.pop() ?? "").replace(/;\s*$/, "")}\n);`;
  try {
    new AsyncFunction(last);
  } catch {
    // It is the end of something longer, or a statement.
    return code;
  }
  return [...lines, last].join("\n");
}

function spoken(value: unknown): string {
  return typeof value === "string" ? value : shown(value);
}

/** A value as text: plain data as JSON, all else as it says itself. */
function shown(value: unknown): string {
  const plain = Array.isArray(value) || (typeof value === "object" && value?.constructor === Object);
  if (!plain && typeof value !== "string") return String(value);
  try {
    const short = JSON.stringify(value);
    return short.length <= WIDTH ? short : JSON.stringify(value, null, 2);
  } catch {
    // It goes round in circles, or holds what JSON has no word for.
    return String(value);
  }
}
