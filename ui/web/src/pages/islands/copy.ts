/** Copy buttons, which appear only where they can work. */
import { announce } from "./announce";

async function copy(button: HTMLButtonElement): Promise<void> {
  const field = document.getElementById(button.dataset.copy ?? "") as HTMLInputElement | HTMLTextAreaElement;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    announce("Copied.");
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1600);
  } catch {
    announce("The browser does not allow copying. The text is selected: press Control and C.");
  }
}

export function copyButtons(): void {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
}
