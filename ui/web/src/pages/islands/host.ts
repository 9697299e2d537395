/** The colors of the page around an embed, as `embed.js` there tells them. An embed that names its own keeps them. */
import { apply, current, type Theme } from "./theme";

const THEMES: unknown[] = ["auto", "light", "dark"];

export function followHost(): void {
  if (document.documentElement.dataset.follows === undefined) return;
  window.addEventListener("message", (event: MessageEvent) => {
    if (event.source !== window.parent || event.data?.context !== "mlabs.theme") return;
    if (THEMES.includes(event.data.theme) && event.data.theme !== current()) apply(event.data.theme as Theme);
  });
}
