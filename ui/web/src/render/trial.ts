/** Lets people try a model: numbers or a picture go in, and what it says of them comes out. */
import { tellHeight } from "./height";
import { Form } from "./trial/form";
import type { About } from "./trial/protocol";

function start(): void {
  const main = document.querySelector<HTMLElement>("main");
  if (!main || window.parent === window) return;
  window.addEventListener("message", ({ source, data }: MessageEvent) => {
    if (source !== window.parent || data?.context !== "mlabs.model.about" || main.dataset.ready) return;
    main.dataset.ready = "";
    new Form(main, data as About);
  });
  tellHeight();
  window.parent.postMessage({ context: "mlabs.model.ready" }, "*");
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
