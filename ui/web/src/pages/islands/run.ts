/** Follows a run that has not ended, on its page and where it is embedded, until both show its final result. */
import { Charts } from "./charts";
import { documents, themed } from "./frame";
import { markRead } from "./news";
import { refreshParts } from "./parts";
import { own } from "./own";
import { Run, RunStream, Step } from "./stream";

// Milliseconds within which all who watch ask for the final page: not all of them at once.
const SPREAD = 1_500;

export class LiveRun {
  private stream: RunStream | null = null;
  private charts: Charts | null;
  private waiting: Step[] = [];
  private status: string;
  private address: string;

  constructor(
    private place: HTMLElement,
    private frame: HTMLIFrameElement,
  ) {
    const charts = document.querySelector<HTMLElement>("[data-charts]");
    this.charts = charts && new Charts(charts);
    this.status = place.dataset.runStatus ?? "";
    this.address = frame.src;
    this.frame = this.frameOf(`${place.dataset.live}${new URL(frame.src).search}`);
    this.frame.addEventListener("load", () => this.begin());
    frame.replaceWith(this.frame);
    followEnd();
  }

  /** A frame of its own for a document: one that is still loading may stay with what it loads, whatever it is told. */
  private frameOf(address: string): HTMLIFrameElement {
    const made = this.frame.cloneNode() as HTMLIFrameElement;
    delete made.dataset.fitted;
    made.src = address;
    return made;
  }

  /** A document that has just been loaded is empty: it hears everything from the beginning. */
  private begin(): void {
    this.stream?.close();
    this.charts?.clear();
    this.stream = new RunStream(this.place.dataset.run ?? "", {
      run: (run) => this.heard(run),
      steps: (steps) => this.steps(steps),
      snapshot: (notebook) => this.send({ snapshot: notebook }),
      watching: (count) => this.watching(count),
      final: () => void this.final(),
    });
  }

  private heard(run: Run): void {
    if (run.status !== this.status) {
      this.status = run.status;
      // At the end `final` asks by itself, not all who watch at once; that of a lost run may be long in coming.
      if (!run.ended || run.status === "lost") void this.refreshHead();
      return;
    }
    this.text("[data-cells]", String(run.cells));
    this.text("[data-busy]", run.busy ? "A cell is running now." : "Between two cells.");
    const status = document.querySelector<HTMLElement>("[data-status]");
    if (status && run.status === "running") {
      status.textContent = run.busy ? "Running" : "Open";
      status.className = `status status--${run.busy ? "running" : "open"}`;
    }
  }

  private steps(steps: Step[]): void {
    for (const step of steps) {
      if (step.type === "metric") this.charts?.take(step.data);
    }
    this.waiting.push(...steps);
    // One message for all that came at once.
    if (this.waiting.length === steps.length) {
      queueMicrotask(() => {
        this.send({ steps: this.waiting });
        this.waiting = [];
      });
    }
  }

  private send(what: object): void {
    // The document has no origin that could be named; it is the one in this very frame, and walled in.
    this.frame.contentWindow?.postMessage({ context: "mlabs.run", ...what }, "*");
  }

  private watching(count: number): void {
    this.text("[data-watching]", count > 1 ? `${count} watching` : "");
  }

  private text(selector: string, text: string): void {
    const element = document.querySelector<HTMLElement>(selector);
    if (element && element.textContent !== text) element.textContent = text;
  }

  /** Shows the final document in the place of the live one, once it is there and has its height. */
  private async final(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * SPREAD));
    const made = this.frameOf(themed(this.address));
    // Within the window, and see-through: browsers do not lay out the frames of others that are hidden or out of sight.
    made.style.cssText = `position: fixed; top: 0; left: 0; opacity: 0; width: ${this.frame.clientWidth}px`;
    made.inert = true;
    this.frame.after(made);
    const fitted = (event: MessageEvent): void => {
      // Its height it has from `fitDocuments`, which listens since before.
      if (event.source !== made.contentWindow || made.dataset.fitted === undefined) return;
      window.removeEventListener("message", fitted);
      made.style.cssText = `height: ${made.style.height}`;
      made.inert = false;
      this.frame.remove();
    };
    window.addEventListener("message", fitted);
    await this.refreshHead();
    markRead();
  }

  /** What the server says of the run is its to word: the page's own head is fetched anew. */
  private async refreshHead(): Promise<void> {
    await refreshParts(location.href);
  }
}

/** Keeps the end in view for who has scrolled there, and shows others the way. */
function followEnd(): void {
  const atEnd = (): boolean => window.innerHeight + window.scrollY >= document.body.scrollHeight - 120;
  const jump = document.querySelector<HTMLButtonElement>("[data-jump]");
  let following = false;
  const look = (): void => {
    following = atEnd() && document.body.scrollHeight > window.innerHeight + 200;
    if (jump) jump.hidden = atEnd();
  };
  window.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(() => {
    if (following) window.scrollTo({ top: document.body.scrollHeight });
    else look();
  }).observe(document.body);
  jump?.addEventListener("click", () => {
    following = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    window.scrollTo({ top: document.body.scrollHeight, behavior: calm ? "auto" : "smooth" });
  });
}

/** Draws what a run has logged that has ended. */
async function drawLogged(place: HTMLElement): Promise<void> {
  const answer = await fetch(place.dataset.charts ?? "", { headers: own({ Accept: "application/json" }) });
  if (!answer.ok) return;
  const charts = new Charts(place);
  for (const { name, steps, values } of (await answer.json()).series) {
    values.forEach((value: number | null, index: number) => charts.add({ [name]: value }, steps[index]));
  }
}

export function followRun(): void {
  const logged = document.querySelector<HTMLElement>("[data-charts]:not([data-charts=''])");
  if (logged) void drawLogged(logged);
  const place = document.querySelector<HTMLElement>("[data-run]");
  const [frame] = documents();
  if (place && frame) new LiveRun(place, frame);
}
