/** Long outputs show their beginning, and all of themselves when asked; what scrolls can be scrolled by the keyboard. */
import { show } from "./place";

// Pixels: an output has to be so high before hiding all but its first 30rem is worth it.
const LONG = 720;
// What a reader looks at as a whole, or works with.
const WHOLE = ".island, img, svg, canvas, video, details";

function fold(output: HTMLElement): void {
  const more = document.createElement("button");
  more.className = "more";
  const set = (folded: boolean): void => {
    output.classList.toggle("folded", folded);
    more.textContent = folded ? "Show all of this output" : "Show less";
    more.setAttribute("aria-expanded", String(!folded));
  };
  more.addEventListener("click", () => {
    const folds = !output.classList.contains("folded");
    set(folds);
    const cell = output.closest<HTMLElement>(".cell");
    if (folds && cell) show(cell);
  });
  set(true);
  output.after(more);
}

/** A frame has no width before the page around it is laid out for the first time: nothing can be measured until then. */
export function foldLong(): void {
  if (!window.innerWidth) {
    window.addEventListener("resize", foldLong, { once: true });
    return;
  }
  const outputs = [...document.querySelectorAll<HTMLElement>(".output:not(.error)")];
  const long = outputs.filter((output) => output.scrollHeight > LONG && !output.querySelector(WHOLE));
  for (const output of long) fold(output);
}

function reachable(): void {
  const places = [...document.querySelectorAll<HTMLElement>("pre, .output, .html, .formula, .prose table, math[display=block]")];
  const scrolls = places.filter((place) => place.scrollWidth > place.clientWidth + 1 && getComputedStyle(place).overflowX !== "visible");
  for (const place of scrolls) place.tabIndex = 0;
}

/** Makes what is wider than its place a stop of the Tab key, now and when the window has another width. */
export function scrollByKeyboard(): void {
  let timer = 0;
  new ResizeObserver(() => {
    clearTimeout(timer);
    timer = window.setTimeout(reachable, 200);
  }).observe(document.documentElement);
}
