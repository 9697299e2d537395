/** Shows a run that goes on. The page around this document hears the run, and hands its steps in; nobody else may. */
import { Choice } from "./live/choice";
import { LiveNotebook, Step } from "./live/notebook";
import { tellHeight } from "./height";
import { links } from "./links";

// Milliseconds: more often nobody sees it, and a flood would leave time for nothing else.
const PAUSE = 80;

function start(): void {
  const main = document.querySelector<HTMLElement>("main");
  if (!main || window.parent === window) return;
  const notebook = new LiveNotebook(main, new Choice(new URLSearchParams(location.search)));
  let waiting: Step[] = [];
  let timer = 0;
  const draw = (): void => {
    timer = 0;
    const steps = waiting;
    waiting = [];
    notebook.take(steps);
    if (main.querySelector("section:not([hidden])")) main.querySelector(":scope > .absent")?.remove();
  };
  window.addEventListener("message", (event: MessageEvent) => {
    if (event.source !== window.parent || event.data?.context !== "mlabs.run") return;
    if (event.data.snapshot) {
      waiting = [];
      notebook.restore(event.data.snapshot);
    } else waiting.push(...(event.data.steps as Step[]));
    timer ||= window.setTimeout(draw, PAUSE);
  });
  tellHeight();
  links();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
