/** Rows that scroll sideways show all of what the keyboard comes to: browsers are content with a corner of it. */
export function followFocus(): void {
  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLElement) || !target.closest(".filters__scroll")) return;
    target.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}
