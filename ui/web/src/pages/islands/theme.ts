/** Light, dark, or as the system says; kept in this browser. */
import { announce } from "./announce";
import { documents, recolor } from "./frame";

export type Theme = "auto" | "light" | "dark";
const KEY = "mlabs-theme";
const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const NAMES: Record<Theme, string> = { auto: "as the system", light: "light", dark: "dark" };

export function current(): Theme {
  const pinned = document.documentElement.dataset.theme;
  return pinned === "light" || pinned === "dark" ? pinned : "auto";
}

/** Shows this page and its documents in a theme. */
export function apply(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  documents().forEach(recolor);
}

function remember(theme: Theme): void {
  try {
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    announce("This browser keeps no settings: the theme lasts until the page is left.");
  }
}

export function themeToggle(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-theme-toggle]");
  if (!button) return;
  const label = () => {
    button.title = `Color theme: ${NAMES[current()]}`;
    button.setAttribute("aria-label", button.title);
  };
  label();
  button.hidden = false;
  button.addEventListener("click", () => {
    const theme = NEXT[current()];
    apply(theme);
    remember(theme);
    label();
    announce(button.title);
  });
}
