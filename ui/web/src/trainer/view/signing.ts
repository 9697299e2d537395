/** Signing in from the trainer: the project waits in this tab until its person is back. */
import type { Project } from "../project.ts";
import { keptOf, type Kept } from "../saving/opening.ts";
import type { Keeper, Place } from "../saving/lab.ts";
import type { Site } from "../site.ts";
import { h } from "./dom.ts";
import { notice } from "./parts.ts";

const WAITING = "mlabs-trainer";

/** A project, and the lab that it is of. */
export interface Waits {
  kept: Kept;
  place: Place | null;
}

export class Signing {
  private address: string;

  constructor(
    private site: Site,
    private project: Project,
    private keeper: Keeper,
  ) {
    this.address = `${site.base}login?next=${encodeURIComponent(`${site.base}trainer`)}`;
  }

  /** A link; `say` shows what stands against keeping the project meanwhile. */
  link(say: (what: HTMLElement) => void): HTMLElement {
    const link = h("a", { href: this.address }, "Sign in");
    link.addEventListener("click", (event) => {
      if (!this.project.table && !this.project.pictures) return;
      event.preventDefault();
      void this.wait().then(
        () => this.go(),
        (error) => say(this.without(error)),
      );
    });
    return link;
  }

  private async wait(): Promise<void> {
    const waits: Waits = { kept: await keptOf(this.project), place: this.keeper.place };
    sessionStorage.setItem(WAITING, JSON.stringify(waits));
  }

  private go(): void {
    this.project.run?.keep();
    location.assign(this.address);
  }

  /** Who has to choose the data again may sign in all the same. */
  private without(error: unknown): HTMLElement {
    console.warn(error);
    const link = h("a", { href: this.address }, "Sign in without them");
    return notice("warning", "These data are too large to wait here meanwhile: choose them again after it. ", link);
  }
}

/** What waited in this tab, once. */
export function waiting(site: Site): Waits | null {
  const found = sessionStorage.getItem(WAITING);
  sessionStorage.removeItem(WAITING);
  if (!found) return null;
  const { kept, place } = JSON.parse(found) as Waits;
  return { kept, place: place && { ...place, mine: place.lab.split("/")[0] === site.user } };
}
