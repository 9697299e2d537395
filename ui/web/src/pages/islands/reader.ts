/**
 * Leads to places in the document: from its outline, from `#cell-7` in the page's address, and where the document
 * asks for it. What comes from there is numbers, which count only from its window, and within its frame.
 */
import { documents } from "./frame";

// Pixels that stay above a place, and milliseconds that a place in the address is followed while the document grows.
const ABOVE = 24;
const GROWING = 6_000;

function frame(): HTMLIFrameElement | null {
  const all = documents();
  return all.length === 1 ? all[0] : null;
}

const nameOf = (hash: string): string => {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return "";
  }
};

export class Reader {
  private links = [...document.querySelectorAll<HTMLAnchorElement>("[data-outline] a")];
  private names = this.links.map((link) => nameOf(link.hash));
  private tops: (number | null)[] = [];
  private wanted = "";
  private asked = false;
  private drawing = false;
  private timer = 0;

  start(): void {
    for (const help of document.querySelectorAll<HTMLElement>("[data-keys]")) help.hidden = false;
    window.addEventListener("message", (event) => this.hear(event));
    window.addEventListener("hashchange", () => this.show(nameOf(location.hash)));
    window.addEventListener("scroll", () => this.soon(), { passive: true });
    for (const link of this.links) link.addEventListener("click", (event) => this.follow(event, link));
    this.wanted = nameOf(location.hash);
    for (const act of ["wheel", "touchstart", "keydown", "pointerdown"]) {
      window.addEventListener(act, () => (this.wanted = ""), { once: true, passive: true });
    }
    if (frame()?.dataset.fitted !== undefined) this.settled();
  }

  private send(message: object): void {
    frame()?.contentWindow?.postMessage(message, "*");
  }

  private hear({ source, data }: MessageEvent): void {
    if (!frame() || source !== frame()?.contentWindow) return;
    if (data?.context === "iframe.resize") this.settled();
    else if (data?.context === "iframe.scroll") this.scroll(data.top);
    else if (data?.context === "iframe.places" && Array.isArray(data.tops) && data.tops.length === this.names.length) {
      this.tops = data.tops.map((top: unknown) => (typeof top === "number" && Number.isFinite(top) ? top : null));
      this.soon();
    }
  }

  /** The document has its height: where its headings are may have changed. */
  private settled(): void {
    this.send({ context: "mlabs.places", names: this.names, page: `${location.origin}${location.pathname}` });
    if (!this.wanted) return;
    this.show(this.wanted);
    this.timer ||= window.setTimeout(() => (this.wanted = ""), GROWING);
  }

  private show(name: string): void {
    if (!name || document.getElementById(name)) return;
    this.asked = true;
    this.send({ context: "mlabs.show", name });
  }

  /** Only who reads the document, or asked for a place in it, is taken there. */
  private scroll(top: unknown): void {
    const around = frame();
    if (!around || typeof top !== "number" || !Number.isFinite(top)) return;
    if (!this.asked && document.activeElement !== around) return;
    this.asked = false;
    const { top: begins, height } = around.getBoundingClientRect();
    window.scrollTo({ top: window.scrollY + begins + Math.min(Math.max(top, 0), height) - this.above() });
  }

  private above(): number {
    const bar = document.querySelector<HTMLElement>("[data-outline] > summary");
    return ABOVE + (bar?.offsetHeight ?? 0);
  }

  private follow(event: MouseEvent, link: HTMLAnchorElement): void {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.pushState(null, "", link.hash);
    link.closest("details")?.removeAttribute("open");
    this.show(nameOf(link.hash));
  }

  private soon(): void {
    if (this.drawing || !this.links.length) return;
    this.drawing = true;
    requestAnimationFrame(() => this.mark());
  }

  /** Marks the heading that the reader is at. */
  private mark(): void {
    this.drawing = false;
    const here = this.above() + 8 - (frame()?.getBoundingClientRect().top ?? 0);
    const at = this.tops.findLastIndex((top) => top !== null && top <= here);
    this.links.forEach((link, place) => {
      if (place === at) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    });
    const list = this.links[at]?.closest<HTMLElement>("ol");
    const link = this.links[at];
    if (list && link && (link.offsetTop < list.scrollTop || link.offsetTop + link.offsetHeight > list.scrollTop + list.clientHeight)) {
      list.scrollTop = link.offsetTop - list.clientHeight / 2;
    }
  }
}

export function readDocument(): void {
  if (frame()) new Reader().start();
}
