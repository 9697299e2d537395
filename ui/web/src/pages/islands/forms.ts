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

/** Two of a list are compared: the button waits until two are chosen. */
export function chooseTwo(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-two]")) {
    const form = button.form;
    const count = () => (button.disabled = form?.querySelectorAll("input.choose:checked").length !== 2);
    form?.addEventListener("change", count);
    count();
  }
}
