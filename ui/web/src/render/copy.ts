/** A button on each piece of code that copies it, or selects it where the browser does not allow that. */
const ICON =
  '<svg viewBox="0 0 16 16" aria-hidden="true"><rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 3.5v-.5a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h.5"/></svg>';

/** Copies text, by the clipboard or by a selection of its own; false where the browser allows neither. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
    field.style.position = "fixed";
    const before = document.activeElement;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    return done;
  }
}

async function copy(code: HTMLElement): Promise<string> {
  if (await copied(code.innerText)) return "Copied";
  getSelection()?.selectAllChildren(code);
  return "Selected: press Control and C";
}

/** A button that does `work` and says for a moment what came of it. */
export function button(name: string, label: string, icon: string, work: () => Promise<string>): HTMLButtonElement {
  const made = document.createElement("button");
  made.className = name;
  made.title = label;
  made.setAttribute("aria-label", label);
  made.innerHTML = icon;
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  made.append(said);
  made.addEventListener("click", async () => {
    said.textContent = await work();
    setTimeout(() => (said.textContent = ""), 2000);
  });
  return made;
}

export function copyButtons(): void {
  for (const pre of document.querySelectorAll<HTMLElement>(".source pre, pre.fence")) {
    const frame = document.createElement("div");
    frame.className = "copyable";
    pre.replaceWith(frame);
    frame.append(pre, button("copy", "Copy this code", ICON, () => copy(pre.querySelector("code") ?? pre)));
  }
}
