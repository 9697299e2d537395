/** The frame that other sites embed: fits the document inside, and tells the page outside how high it is. */
import { heedQuery } from "./islands/copied";
import { followRun } from "./islands/run";
import { relativeTimes } from "./islands/time";
import { clampHeight, documents, fitDocuments } from "./islands/frame";
import { followHost } from "./islands/host";

let told = 0;

function tellParent(): void {
  // Before the document has said its height, ours comes from the page outside: telling it would never end.
  if (documents().some((frame) => frame.dataset.fitted === undefined)) return;
  const height = clampHeight(Math.ceil(document.body.getBoundingClientRect().height));
  if (window.parent !== window && height !== null && Math.abs(height - told) > 1) {
    told = height;
    window.parent.postMessage({ context: "iframe.resize", height }, "*");
  }
}

followHost();
fitDocuments();
window.addEventListener("message", tellParent);
document.addEventListener("DOMContentLoaded", () => {
  new ResizeObserver(tellParent).observe(document.body);
  heedQuery();
  relativeTimes();
  followRun();
});
