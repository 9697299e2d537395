/** Links: those within the document scroll or show more of it; others, which a sandbox cannot open, show where they lead. */
import { named, show } from "./place";

function bubble(link: HTMLAnchorElement): void {
  document.querySelector(".leads")?.remove();
  const place = document.createElement("span");
  place.className = "leads";
  place.setAttribute("role", "status");
  const address = document.createElement("input");
  address.readOnly = true;
  address.value = link.href;
  address.setAttribute("aria-label", "Where the link leads");
  const close = document.createElement("button");
  close.textContent = "×";
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => (place.remove(), link.focus()));
  place.append("This link leads to", address, close);
  link.after(place);
  address.select();
}

function target(link: HTMLAnchorElement): HTMLElement | null {
  const name = link.getAttribute("href")?.slice(1) ?? "";
  return named(name) ?? named(decodeURIComponent(name));
}

export function links(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.<HTMLAnchorElement>("a[href]");
    if (!link || event.defaultPrevented) return;
    const inside = link.getAttribute("href")?.startsWith("#");
    if (inside) {
      const to = target(link);
      if (!to) return;
      event.preventDefault();
      show(to);
    } else if (link.getAttribute("href")?.startsWith("?")) {
      // This document with something else of it, such as an output that was too heavy: no step in the history.
      event.preventDefault();
      location.replace(link.href);
    } else if (window.parent !== window && event.button === 0) {
      event.preventDefault();
      bubble(link);
    }
  });
}
