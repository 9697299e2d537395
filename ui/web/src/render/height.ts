/** Tells the page around the document how high it is, whenever that changes. */
let told = 0;

function tell(): void {
  const height = Math.max(document.body.offsetHeight, document.body.scrollHeight);
  if (Math.abs(height - told) < 1) return;
  told = height;
  window.parent.postMessage({ context: "iframe.resize", height }, "*");
}

export function tellHeight(): void {
  if (window.parent === window) return;
  tell();
  new ResizeObserver(tell).observe(document.body);
  // Frames out of view are not laid out until somebody asks.
  window.addEventListener("load", tell);
  document.addEventListener("toggle", tell, true);
}
