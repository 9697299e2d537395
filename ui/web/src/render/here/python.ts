/** Python cells, by Pyodide from the administrator's address. */
import helper from "./run.py";
import type { Result, Said, Task } from "./protocol";
import type { Streams } from "./streams";

interface Pyodide {
  globals: { get(name: string): any; set(name: string, value: unknown): void };
  runPython(code: string): unknown;
  loadPackagesFromImports(code: string, options: object): Promise<unknown>;
  setStdout(options: object): void;
  setStderr(options: object): void;
}

export class Python {
  private ready: Promise<Pyodide> | null = null;

  constructor(
    private streams: Streams,
    private say: (said: Said) => void,
  ) {}

  async run({ code, name, from }: Task): Promise<Result> {
    this.ready ??= this.load(from);
    const pyodide = await this.ready;
    const doing = (text: string): void => this.say({ doing: text });
    // What cannot be had is named by the import that misses it.
    const quiet = { messageCallback: doing, errorCallback: () => undefined };
    await pyodide.loadPackagesFromImports(code, quiet).catch(() => undefined);
    doing("Running");
    return JSON.parse(await pyodide.globals.get("run")(code, name)) as Result;
  }

  private async load(from: string): Promise<Pyodide> {
    this.say({ doing: "Loading Python" });
    // Pyodide knows module workers by that they have none, and starts in no other; it needs none in this one either.
    (globalThis as any).importScripts = () => {
      throw new TypeError("Scripts are imported as modules here.");
    };
    const { loadPyodide } = await import(`${from}pyodide.mjs`);
    const pyodide: Pyodide = await loadPyodide({ indexURL: from });
    pyodide.setStdout(this.stream("stdout"));
    pyodide.setStderr(this.stream("stderr"));
    pyodide.globals.set("hand_out", (output: string) => {
      this.streams.flush();
      this.say({ output: JSON.parse(output) });
    });
    pyodide.runPython(helper);
    return pyodide;
  }

  private stream(name: "stdout" | "stderr"): object {
    const decoder = new TextDecoder();
    return {
      write: (bytes: Uint8Array) => {
        // A copy: the bytes lie in memory that Python goes on to use.
        this.streams.write(name, decoder.decode(bytes.slice(), { stream: true }));
        return bytes.length;
      },
    };
  }
}
