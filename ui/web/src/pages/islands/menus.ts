/** Menus close as people expect: by Escape, by a click elsewhere, and where another one opens. */
const MENUS = "details.menu, details[data-outline]";

function close(except?: Node | null): HTMLDetailsElement[] {
  const open = [...document.querySelectorAll<HTMLDetailsElement>(MENUS)].filter((menu) => menu.open && !menu.contains(except ?? null));
  for (const menu of open) menu.open = false;
  return open;
}

export function closeMenus(): void {
  document.addEventListener("click", (event) => close(event.target as Node));
  // A click into a document is not heard here, but takes the focus there.
  window.addEventListener("blur", () => close(document.activeElement?.closest(MENUS)));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const inside = document.activeElement;
    for (const menu of close()) if (menu.contains(inside)) menu.querySelector("summary")?.focus();
  });
}
