/** Gives each rendered document the height that it asks for, within reason. */

const LOWEST = 48;
const HIGHEST = 100_000;

/** A height in pixels that is safe to apply; null for what is no height at all. */
export function clampHeight(wanted: unknown): number | null {
  if (typeof wanted !== "number" || !Number.isFinite(wanted)) return null;
  return Math.min(Math.max(Math.ceil(wanted), LOWEST), HIGHEST);
}

/** The frames of rendered documents on this page. */
export function documents(): HTMLIFrameElement[] {
  return [...document.querySelectorAll<HTMLIFrameElement>("iframe[data-document]")];
}

/**
 * Listens to the documents on this page, and to nobody else: a message counts by the window that sent it.
 * It must begin before the frames are parsed, since one that comes from the cache tells its height at once.
 */
export function fitDocuments(): void {
  window.addEventListener("message", (event: MessageEvent) => {
    const frame = documents().find((candidate) => candidate.contentWindow === event.source);
    if (frame && event.data?.context === "iframe.used") frame.dataset.used = "";
    if (!frame || event.data?.context !== "iframe.resize") return;
    const height = clampHeight(event.data.height);
    if (height === null) return;
    frame.dataset.fitted = "";
    frame.style.height = `${height}px`;
  });
}

/** Shows a document in the page's theme: by loading it again, which is no step in the browser's history. */
export function recolor(frame: HTMLIFrameElement): void {
  const { theme = "auto" } = document.documentElement.dataset;
  // What a reader wrote and computed in it would be gone.
  if (frame.dataset.used !== undefined) frame.contentWindow?.postMessage({ context: "mlabs.theme", theme }, "*");
  else frame.contentWindow?.location.replace(themed(frame.src));
}

/** The address of a document in the page's theme. */
export function themed(address: string): string {
  return address.replace(/theme=\w+/, `theme=${document.documentElement.dataset.theme ?? "auto"}`);
}
