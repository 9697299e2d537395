/** Step 8 for a model that was trained elsewhere: what was learned since becomes a model of its own. */
import { Problem } from "../problem.ts";
import type { Project } from "../project.ts";
import type { Run } from "../run.ts";
import type { Visibility } from "../saving/lab.ts";
import { savedModel } from "../saving/model.ts";
import { ulid } from "../saving/ulid.ts";
import type { Site } from "../site.ts";
import { button, h, select, type Child } from "./dom.ts";

export class GivenKeep {
  private title: string | null = null;
  private seen: Visibility = "private";
  /** What is saved already, and the key under which the next is sent. */
  private sent = { what: "", key: "" };

  /** `does` runs a work, and shows what it answers or what is wrong. */
  constructor(
    private project: Project,
    private site: Site,
    private audiences: [Visibility, string][],
    private does: (work: () => Promise<Child>) => void,
  ) {}

  shown(run: Run): Child[] {
    if (run.end === "untouched")
      return [h("p", { class: "muted" }, "The model is as it was given: there is nothing new to be saved.")];
    const why = "A model that was trained elsewhere cannot be written as a notebook: what trained it first is not known here.";
    if (!this.site.user)
      return [h("p", {}, `${why} Download it in step 7, or sign in before you train to save it as a model.`)];
    return [h("p", {}, `${why} Save what it learned as a model.`), ...this.form(run)];
  }

  private form(run: Run): Child[] {
    const title = h("input", { id: "model-title", value: this.name, maxlength: 200, autocomplete: "off" });
    title.addEventListener("input", () => (this.title = title.value));
    return [
      h(
        "div",
        { class: "halves" },
        h("div", { class: "field" }, h("label", { for: "model-title" }, "Title"), title),
        select("model-seen", "Who can see it", this.audiences, this.seen, (value) => (this.seen = value as Visibility)),
      ),
      h(
        "div",
        { class: "row" },
        button("Save as a model", () => this.does(() => this.save(run)), { id: "save-model", class: "button button--primary" }),
      ),
    ];
  }

  private get name(): string {
    return this.title ?? `${this.project.given?.name.split("/").pop() ?? "Model"}, fine-tuned`;
  }

  private async save(run: Run): Promise<Child> {
    const wish = { title: this.name.trim(), visibility: this.seen };
    if (!wish.title) throw new Problem("The model needs a title.", "Say what it is about.");
    const what = JSON.stringify([wish, run.started, run.epochs.length]);
    if (what !== this.sent.what) this.sent = { what, key: ulid() };
    const prepared = { ...run.prepared, shape: run.job.shape };
    const model = await savedModel(this.site, await run.save(), prepared, wish, this.sent.key);
    const [owner, name] = model.split("/");
    const address = `${this.site.base}@${encodeURIComponent(owner)}/models/${name}`;
    return h("p", {}, h("strong", {}, "Saved"), ": ", h("a", { href: address }, model), ".");
  }
}
