/** Lets people try a model: numbers or a picture go in, and what it says of them comes out. */
import { tellHeight } from "./height";
import { Form } from "./trial/form";
import type { About, Taken } from "./trial/protocol";

function start(): void {
  const main = document.querySelector<HTMLElement>("main");
  if (!main || window.parent === window) return;
  let form: Form | null = null;
  window.addEventListener("message", ({ source, data }: MessageEvent) => {
    if (source !== window.parent) return;
    if (data?.context === "mlabs.model.about") form ??= new Form(main, data as About);
    if (data?.context === "mlabs.model.picture") void form?.take(data as Taken);
  });
  tellHeight();
  window.parent.postMessage({ context: "mlabs.model.ready" }, "*");
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
