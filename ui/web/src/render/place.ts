/**
 * Where things are in the document. Its frame has its whole height, so that the page around has to scroll:
 * it is told a number of pixels, and nothing else.
 */

/** The element of that name; `cell-7` is also the seventh cell, where no cell is called so. */
export function named(name: string): HTMLElement | null {
  const number = /^cell-(\d{1,6})$/.exec(name)?.[1];
  return document.getElementById(name) ?? document.querySelectorAll<HTMLElement>(".cell")[Number(number) - 1] ?? null;
}

const topOf = (element: HTMLElement): number => element.getBoundingClientRect().top + window.scrollY;

/** Brings an element to the top of what the reader sees, and the keyboard to it. */
export function show(element: HTMLElement): void {
  for (const before of document.querySelectorAll(".shown")) before.classList.remove("shown");
  element.closest(".cell")?.classList.add("shown");
  element.scrollIntoView({ block: "start" });
  if (element.tabIndex) element.tabIndex = -1;
  element.focus({ preventScroll: true });
  // From the top of the document, not of its frame: that may be about to get its height.
  if (window.parent !== window) window.parent.postMessage({ context: "iframe.scroll", top: topOf(element) }, "*");
}

let page = "";

/** The address of a cell, as people pass it on: of the page around where that has said its own. */
export function address(cell: HTMLElement): string {
  return `${page || location.href.split("#")[0]}#${cell.id}`;
}

function places(names: unknown[]): (number | null)[] {
  return names.map((name) => {
    const found = named(String(name));
    return found ? topOf(found) : null;
  });
}

/** In light or dark, or as the system says. */
function recolor(theme: string): void {
  const pinned = theme === "light" || theme === "dark";
  if (pinned) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const meta = document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]');
  if (meta) meta.content = pinned ? theme : "light dark";
}

/** Does what the page around asks for: to show a place, to tell where some are, or to change its colors. */
export function hearPage(): void {
  window.addEventListener("message", ({ source, data }: MessageEvent) => {
    if (window.parent === window || source !== window.parent) return;
    if (data?.context === "mlabs.show") {
      const found = named(String(data.name));
      if (found) show(found);
    } else if (data?.context === "mlabs.places" && Array.isArray(data.names)) {
      page = String(data.page);
      window.parent.postMessage({ context: "iframe.places", tops: places(data.names) }, "*");
    } else if (data?.context === "mlabs.theme") recolor(String(data.theme));
  });
}
