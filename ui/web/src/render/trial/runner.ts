/** Asks the page for the model when it is needed first, and has the worker run it. */
import type { Files, Numbers, Said, Task } from "./protocol";

declare const WORKER: string;
declare const TF: string;

const base = (document.currentScript as HTMLScriptElement | null)?.src || document.baseURI;

export class Runner {
  private worker: Worker | null = null;
  private loading: Promise<void> | null = null;
  private give: ((files: Files) => void) | null = null;
  private fail: ((error: Error) => void) | null = null;

  constructor(private doing: (what: string) => void) {
    window.addEventListener("message", ({ source, data }: MessageEvent) => {
      if (source !== window.parent || data?.context !== "mlabs.model.files") return;
      if (data.error) this.fail?.(new Error(String(data.error)));
      else this.give?.(data as Files);
    });
  }

  /** What the model makes of the inputs. */
  async predict(inputs: Numbers[], dtypes: string[]): Promise<{ outputs: Numbers[]; seconds: number }> {
    this.loading ??= this.load();
    try {
      await this.loading;
    } catch (error) {
      this.stop();
      throw error;
    }
    this.doing("Running the model");
    const said = await this.ask({ predict: inputs, dtypes });
    if (!("outputs" in said)) throw new Error("error" in said ? said.error : "The model said nothing.");
    return said;
  }

  /** Ends what goes on; the next prediction begins anew. */
  stop(): void {
    this.worker?.terminate();
    this.worker = this.loading = null;
    this.fail?.(new Error("Stopped."));
  }

  private async load(): Promise<void> {
    this.doing("Fetching the model");
    const files = await new Promise<Files>((resolve, reject) => {
      this.give = resolve;
      this.fail = reject;
      window.parent.postMessage({ context: "mlabs.model.want" }, "*");
    });
    this.doing("Loading TensorFlow.js");
    this.worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" })));
    const said = await this.ask({ load: files, from: new URL(TF, base).href });
    if ("error" in said) throw new Error(said.error);
  }

  private ask(task: Task): Promise<Said> {
    const worker = this.worker;
    if (!worker) return Promise.reject(new Error("Stopped."));
    return new Promise((resolve, reject) => {
      this.fail = reject;
      worker.onmessage = ({ data }: MessageEvent<Said>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message || "TensorFlow.js could not be loaded."));
      worker.postMessage(task);
    });
  }
}
