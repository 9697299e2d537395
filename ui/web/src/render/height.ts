/** Tells the page around the document how high it is, whenever that changes. */
let told = 0;

function tell(): void {
  // Whole pixels, and never fewer: a frame that is half a pixel short scrolls, and cuts the last line's foot.
  const { height: laidOut } = document.documentElement.getBoundingClientRect();
  const height = Math.ceil(Math.max(laidOut, document.body.scrollHeight));
  if (Math.abs(height - told) < 1) return;
  told = height;
  window.parent.postMessage({ context: "iframe.resize", height }, "*");
}

export function tellHeight(): void {
  if (window.parent === window) return;
  tell();
  new ResizeObserver(tell).observe(document.documentElement);
  // Frames out of view are not laid out until somebody asks.
  window.addEventListener("load", tell);
  document.addEventListener("toggle", tell, true);
}
