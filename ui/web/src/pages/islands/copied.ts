/** In an exported copy no server reads the query of an embed: this does, and asks its document for the same. */
import { documents } from "./frame";

const RUN = /^[0-9A-HJKMNP-TV-Z]{26}$/;
const VERSION = /^[1-9]\d{0,8}$/;

/** The address of the document that an embed's query means, made of that of the latest version's. */
export function documentOf(latest: string, query: URLSearchParams): string {
  const url = new URL(latest);
  const run = query.get("run") ?? "";
  const version = query.get("v") ?? "";
  if (RUN.test(run)) url.pathname = url.pathname.replace(/\/v\/\d+\.html$/, `/runs/${run}.html`);
  else if (VERSION.test(version)) url.pathname = url.pathname.replace(/\/\d+\.html$/, `/${version}.html`);
  url.search = "";
  for (const name of ["cells", "show", "theme"]) {
    const value = query.get(name);
    if (value) url.searchParams.set(name, value);
  }
  return url.href;
}

/** Heeds the query of an embed, where it is one of a copy. */
export function heedQuery(): void {
  const query = new URLSearchParams(location.search);
  const [frame] = documents();
  if (document.documentElement.dataset.copy === undefined || !frame || !query.size) return;
  const theme = query.get("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (query.get("header") === "0") document.querySelector("header.embed__bar")?.remove();
  // A frame of its own: one that is still loading may stay with what it loads, whatever it is told.
  const made = frame.cloneNode() as HTMLIFrameElement;
  delete made.dataset.fitted;
  made.src = documentOf(frame.src, query);
  frame.replaceWith(made);
}
