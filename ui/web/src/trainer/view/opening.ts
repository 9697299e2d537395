/** Where a model that was trained elsewhere is chosen: one of the library, or files. */
import type { Loading } from "../given/load.ts";
import type { Given } from "../given/about.ts";
import type { Project } from "../project.ts";
import { button, h, redraw } from "./dom.ts";
import { notice, problem } from "./parts.ts";

const FILES = ".json,.bin,.h5,.hdf5,.keras,application/json,application/octet-stream";

export class Opening {
  readonly element: HTMLElement;
  private choice = h("div", { class: "field" });
  private said = h("div", { role: "status" });

  constructor(
    private project: Project,
    private loading: Loading,
  ) {
    const files = h("input", {
      id: "given-files",
      type: "file",
      multiple: true,
      accept: FILES,
      "aria-describedby": "given-files-hint",
    });
    files.addEventListener("change", () => {
      const chosen = [...(files.files ?? [])];
      if (chosen.length) void this.attempt(() => loading.files(chosen)).then(() => (files.value = ""));
    });
    const details = h(
      "details",
      { class: "more" },
      h("summary", {}, "Or take a model that is trained already"),
      h(
        "div",
        { class: "halves" },
        this.choice,
        h(
          "div",
          { class: "field" },
          h("label", { for: "given-files" }, "Or files of a model"),
          files,
          h("p", { class: "hint", id: "given-files-hint" }, this.hint()),
        ),
      ),
    );
    details.addEventListener("toggle", () => details.open && !this.choice.firstChild && void this.offer());
    this.element = h("div", { class: "stack stack--tight" }, details, this.said);
  }

  private hint(): string {
    const keras = this.loading.viewer
      ? "A .h5 or .keras file is sent to the service, converted, and kept among your models, private."
      : "Sign in to have .h5 and .keras files converted.";
    return `model.json with its files of weights stay in this browser. ${keras}`;
  }

  private async offer(): Promise<void> {
    redraw(this.choice, h("p", { class: "muted small" }, "Looking what there is …"));
    try {
      const names = await this.loading.names();
      redraw(this.choice, ...this.library(names));
    } catch (error) {
      redraw(this.choice, problem(error));
    }
  }

  private library(names: string[]): HTMLElement[] {
    if (!names.length) return [h("p", { class: "muted" }, "There are no models in the library yet.")];
    const select = h("select", { id: "given-name" }, ...names.map((name) => h("option", { value: name }, name)));
    const open = button("Take this model", () => void this.named(select.value), { id: "given-take" });
    return [h("label", { for: "given-name" }, "Models of the library"), select, h("div", {}, open)];
  }

  async named(name: string): Promise<void> {
    await this.attempt(() => this.loading.named(name));
  }

  private async attempt(work: () => Promise<Given>): Promise<void> {
    redraw(this.said, notice("plain", "Loading the model …"));
    try {
      const given = await work();
      redraw(this.said);
      this.project.takeGiven(given);
    } catch (error) {
      redraw(this.said, problem(error));
    }
  }
}
