/** The colors of the page around an embed, as `embed.js` there tells them. An embed that names its own keeps them. */
import { apply, current, type Theme } from "./theme";

const THEMES: unknown[] = ["auto", "light", "dark"];

/** Begins before anything is drawn: the first word is in the address, where no server hears it. */
export function followHost(): void {
  const root = document.documentElement;
  if (root.dataset.theme) return;
  const told = /^#theme=(light|dark)$/.exec(location.hash);
  if (told) root.dataset.theme = told[1];
  window.addEventListener("message", (event: MessageEvent) => {
    if (event.source !== window.parent || event.data?.context !== "mlabs.theme") return;
    if (THEMES.includes(event.data.theme) && event.data.theme !== current()) apply(event.data.theme as Theme);
  });
}
