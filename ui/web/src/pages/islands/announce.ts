/** Tells people who use a screen reader what just happened. */
export function announce(text: string): void {
  const region = document.querySelector<HTMLElement>("[data-announce]");
  if (region) region.textContent = text;
}
