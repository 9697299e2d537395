/** `BASE/embed.js`, which other sites include: makes a frame of each `<p class="mlabs" data-lab="ada/mnist">`. */
import { clampHeight } from "./islands/frame";

interface Embed {
  frame: HTMLIFrameElement;
  /** Whether its author has reserved a height. */
  reserved: boolean;
  wanted: number | null;
  /** The theme that it was told last; null for one that has its own. */
  theme: string | null;
}

const OPTIONS = ["v", "run", "cells", "show", "theme", "header", "run-here"];
const HEIGHT = 480;
const script = (document.currentScript ?? document.querySelector("script[src*='/embed.js']")) as HTMLScriptElement;
const base = new URL(".", script.src);
const embeds: Embed[] = [];

/** The theme of the part of the page that an element is in: `data-theme` around it, else its `color-scheme`. */
function themeOf(place: Element): string {
  const named = place.closest<HTMLElement>("[data-theme=light], [data-theme=dark]")?.dataset.theme;
  if (named) return named;
  const scheme = getComputedStyle(place).colorScheme.split(" ");
  const [light, dark] = [scheme.includes("light"), scheme.includes("dark")];
  return light === dark ? "auto" : dark ? "dark" : "light";
}

function address(said: DOMStringMap, theme: string): string {
  const [, owner, name] = /^@?(.+)\/([^/]+)$/.exec(said.lab ?? "") ?? [];
  const url = new URL(`embed/@${encodeURIComponent(owner)}/${encodeURIComponent(name)}`, base);
  for (const option of OPTIONS) {
    const value = said[option.replace(/-(.)/, (_, letter: string) => letter.toUpperCase())];
    if (value) url.searchParams.set(option, value);
  }
  if (theme !== "auto") url.searchParams.set("around", theme);
  return url.href;
}

/** A frame with the room that its author reserved, so that nothing moves when it takes the paragraph's place. */
function frameOf(paragraph: HTMLElement): void {
  const said = paragraph.dataset;
  const own = said.theme === "light" || said.theme === "dark";
  const theme = own ? "auto" : themeOf(paragraph.parentElement ?? paragraph);
  const reserved = clampHeight(parseInt(said.height ?? "", 10));
  const { marginTop, marginBottom } = getComputedStyle(paragraph);
  const frame = document.createElement("iframe");
  frame.title = said.title || paragraph.textContent?.trim() || said.lab || "";
  frame.loading = "lazy";
  frame.allow = "clipboard-write";
  Object.assign(frame.style, { display: "block", width: "100%", border: "0", marginTop, marginBottom });
  frame.style.height = `${reserved ?? HEIGHT}px`;
  frame.src = address(said, theme);
  embeds.push({ frame, reserved: reserved !== null, wanted: null, theme: own ? null : theme });
  paragraph.replaceWith(frame);
  seen.observe(frame);
}

/** Gives an embed its height: at once, or where that would move what somebody sees, once nobody does. */
function fit({ frame, reserved, wanted }: Embed): void {
  if (wanted === null) return;
  const { top, bottom } = frame.getBoundingClientRect();
  const moves = Math.min(bottom, top + wanted) < innerHeight;
  // Whoever works in the frame expects it to grow.
  if (!reserved || !moves || document.activeElement === frame) frame.style.height = `${wanted}px`;
}

function tellTheme(embed: Embed): void {
  if (embed.theme === null || !embed.frame.parentElement) return;
  const theme = themeOf(embed.frame.parentElement);
  // Before it has spoken, nobody listens there.
  if (theme === embed.theme || embed.wanted === null) return;
  embed.theme = theme;
  embed.frame.contentWindow?.postMessage({ context: "mlabs.theme", theme }, base.origin);
}

const tellThemes = (): void => embeds.forEach(tellTheme);
const scan = (): void => document.querySelectorAll<HTMLElement>("p.mlabs[data-lab*='/']").forEach(frameOf);
const seen = new IntersectionObserver((entries) => {
  for (const { target } of entries) embeds.filter(({ frame }) => frame === target).forEach(fit);
});

window.addEventListener("message", ({ source, origin, data }: MessageEvent) => {
  const embed = embeds.find(({ frame }) => frame.contentWindow === source);
  const height = data?.context === "iframe.resize" ? clampHeight(data.height) : null;
  if (!embed || origin !== base.origin || height === null) return;
  embed.wanted = height;
  fit(embed);
  tellTheme(embed);
});
const changes = new MutationObserver(tellThemes);
const watch = (): void =>
  [document.documentElement, document.body].forEach((element) =>
    changes.observe(element, { attributeFilter: ["class", "style", "data-theme"] }),
  );
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tellThemes);
scan();
if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", () => {
    scan();
    watch();
  });
} else watch();
