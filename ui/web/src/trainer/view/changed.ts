/** What is said where the choices are no longer those of the training, with the way back. */
import type { Project } from "../project.ts";
import { button, h } from "./dom.ts";
import { notice } from "./parts.ts";

export function changed(project: Project): HTMLElement | null {
  if (!project.changed || project.run?.state === "failed") return null;
  const undo = (): void => {
    project.undo();
    document.getElementById("train")?.focus({ preventScroll: true });
  };
  return notice(
    "warning",
    h(
      "div",
      { class: "stack stack--tight" },
      h(
        "p",
        {},
        "You changed the network or the data since this training: the results below are those of the trained one. Train anew, or undo the change.",
      ),
      h("div", {}, button("Undo the change", undo, { id: "undo-change" })),
    ),
  );
}
