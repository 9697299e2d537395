/** A choice that saves itself: its button is only for those without JavaScript. */
export function submitOnChange(): void {
  for (const choice of document.querySelectorAll<HTMLSelectElement>("select[data-submit]")) {
    const button = choice.form?.querySelector<HTMLButtonElement>("button[type=submit]");
    if (!button) continue;
    const before = choice.value;
    button.hidden = true;
    choice.addEventListener("change", () => (button.hidden = choice.value === before));
  }
}
