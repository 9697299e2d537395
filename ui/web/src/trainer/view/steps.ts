/** The list of steps to jump by: marks those that are ready. */
import { Problem } from "../problem.ts";
import type { Project } from "../project.ts";

type Ready = Record<"data" | "columns" | "network" | "training" | "validation" | "test", boolean>;

/** What is done of each step. */
export function ready(project: Project): Ready {
  const { run } = project;
  const trained = run?.state === "ended" && run.usable;
  return {
    data: project.table !== null || project.pictures !== null,
    columns: project.prepared !== null,
    network: project.prepared !== null && (project.given !== null || fits(project)),
    training: trained,
    validation: trained,
    test: trained && run.tested !== null,
  };
}

function fits(project: Project): boolean {
  try {
    return project.stages().length > 0;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

/** Marks them in a page, and again whenever something changes. */
export function marked(root: HTMLElement, project: Project): void {
  const links = [...root.querySelectorAll<HTMLElement>("[data-mark]")];
  const mark = (): void => {
    const found = ready(project);
    for (const link of links) {
      const done = found[link.dataset.mark as keyof Ready] ?? false;
      link.toggleAttribute("data-ready", done);
      link.querySelector("[data-told]")!.textContent = done ? ", ready" : "";
    }
  };
  project.hear((step) => step !== "results" && mark());
  mark();
}
