/** Copy buttons, which appear only where they can work: of a field, or of a text too long to be shown whole. */
import { announce } from "./announce";

function text(button: HTMLButtonElement): string {
  if (button.dataset.copyText !== undefined) return button.dataset.copyText;
  const field = document.getElementById(button.dataset.copy ?? "") as HTMLInputElement | HTMLTextAreaElement;
  field.select();
  return field.value;
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const copied = text(button);
  try {
    await navigator.clipboard.writeText(copied);
    announce("Copied.");
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1600);
  } catch {
    const selected = button.dataset.copy !== undefined;
    announce(`The browser does not allow copying.${selected ? " The text is selected: press Control and C." : ""}`);
  }
}

export function copyButtons(): void {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy], button[data-copy-text]")) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
}
