/** What a page that is left or loaded again would lose: it asks first, and remembers what was chosen. */
import type { Project } from "../project.ts";
import type { Kept } from "../saving/opening.ts";
import { settingsOf } from "../saving/settings.ts";
import type { DataStep, Still } from "./data.ts";
import { button, h } from "./dom.ts";
import { notice } from "./parts.ts";

/** Choices of this tab, until it is closed. Data of one's own are not among them: they may be large. */
export const LAST = "mlabs-trainer-last";

export function guarded(project: Project): void {
  window.addEventListener("beforeunload", (event) => {
    if (project.run?.unsaved) event.preventDefault();
  });
  window.addEventListener("pagehide", () => remember(project));
}

function remember(project: Project): void {
  if (!project.table && !project.pictures) return;
  // What the address names is opened from there.
  const named = new URLSearchParams(location.search).has("lab") || new URLSearchParams(location.search).has("search");
  if (named || !project.source || project.given) return sessionStorage.removeItem(LAST);
  const kept: Kept = { settings: settingsOf(project), cells: [] };
  sessionStorage.setItem(LAST, JSON.stringify(kept));
}

/** Offers to go on with what was chosen before the page was loaded again. */
export function offered(data: DataStep, open: (kept: Kept, still: Still) => Promise<void>): void {
  const last = sessionStorage.getItem(LAST);
  if (!last) return;
  const kept = JSON.parse(last) as Kept;
  const source = kept.settings.data;
  const name = source.kind === "dataset" ? source.dataset : source.name;
  data.say(
    notice(
      "plain",
      h(
        "div",
        { class: "stack stack--tight" },
        h("p", {}, `In this tab you worked with ${name}. Your choices are still here; the same seed trains the same network again.`),
        h("div", {}, button("Go on where you were", () => void data.attempt((still) => open(kept, still)), { id: "go-on" })),
      ),
    ),
  );
}
