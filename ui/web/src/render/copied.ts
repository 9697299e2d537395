/**
 * In an exported copy no server cuts documents: shows the part that the address asks for, before anything else runs.
 * The query is that of the service: `cells`, `show` and `theme`.
 */
import { chosen } from "./choice";

const query = new URLSearchParams(location.search);
const theme = query.get("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

function cut(): void {
  const sections = [...document.querySelectorAll<HTMLElement>("main.notebook > .cell")];
  const cells = sections.map((section, index) => ({
    id: section.id.replace(/^cell-/, ""),
    number: Number(section.dataset.number ?? index + 1),
  }));
  const wanted = chosen(query.get("cells") ?? "", cells);
  const show = query.get("show");
  sections.forEach((section, index) => {
    for (const part of [...section.children]) {
      // What text cells show is output, as it is for the service.
      const isCode = part.classList.contains("source");
      if ((show === "code" && !isCode) || (show === "output" && isCode)) part.remove();
    }
    if (!wanted[index] || !section.childElementCount) section.remove();
  });
}

// The scripts of the document wait for its end, and this for the moment before.
document.addEventListener("readystatechange", () => {
  if (document.readyState === "interactive") cut();
});
