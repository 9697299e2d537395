/** A button on each piece of code that copies it, or selects it where the browser does not allow that. */
const ICON =
  '<svg viewBox="0 0 16 16" aria-hidden="true"><rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 3.5v-.5a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h.5"/></svg>';

async function copy(code: HTMLElement): Promise<string> {
  try {
    await navigator.clipboard.writeText(code.innerText);
    return "Copied";
  } catch {
    getSelection()?.selectAllChildren(code);
    return document.execCommand("copy") ? "Copied" : "Selected: press Control and C";
  }
}

export function copyButtons(): void {
  for (const pre of document.querySelectorAll<HTMLElement>(".source pre, pre.fence")) {
    const button = document.createElement("button");
    button.className = "copy";
    button.title = "Copy this code";
    button.setAttribute("aria-label", button.title);
    button.innerHTML = ICON;
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    button.append(said);
    button.addEventListener("click", async () => {
      said.textContent = await copy(pre.querySelector("code") ?? pre);
      setTimeout(() => (said.textContent = ""), 2000);
    });
    const frame = document.createElement("div");
    frame.className = "copyable";
    pre.replaceWith(frame);
    frame.append(pre, button);
  }
}
