/** Step 8: the project as a notebook, and as a lab with its runs and its model. */
import { Problem } from "../problem.ts";
import type { Project } from "../project.ts";
import type { Run } from "../run.ts";
import type { Keeper, Place, Saved, Visibility, Wish } from "../saving/lab.ts";
import { titleOf, written } from "../saving/written.ts";
import { segments, type Site } from "../site.ts";
import { button, h, redraw, select, type Child } from "./dom.ts";
import { GivenKeep } from "./keeping_given.ts";
import { notice, problem } from "./parts.ts";
import type { Signing } from "./signing.ts";
import { offer } from "./taking.ts";

const SEEN: [Visibility, string][] = [
  ["public", "Everybody"],
  ["unlisted", "Who has the link"],
  ["private", "Only you"],
];

export class KeepStep {
  private form = h("div", { class: "stack" });
  private said = h("div", { role: "status" });
  /** What a person wrote. */
  private title: string | null = null;
  /** Who may see the lab, as its person chose. */
  private seen: Visibility | null = null;
  private busy = false;
  private given: GivenKeep;

  constructor(
    place: HTMLElement,
    private project: Project,
    private site: Site,
    private keeper: Keeper,
    private signing: Signing,
  ) {
    place.append(this.form, this.said);
    this.given = new GivenKeep(project, site, SEEN, (work) => void this.attempt(() => this.sayOf(work)));
    project.hear((step) => {
      if (step === "data") this.begin();
      if (step !== "results") this.show();
      const { run } = project;
      if (step !== "training" || run?.state !== "ended" || run.job.given) return;
      keeper.note(run);
      void this.attempt(() => this.follow(run));
    });
    this.show();
  }

  private begin(): void {
    this.title = this.seen = null;
    this.keeper.forget();
    this.address(null);
    redraw(this.said);
  }

  /** The project is that of a lab. */
  at(place: Place): void {
    this.keeper.forget(place);
    this.title = place.title;
    this.seen = place.visibility;
    this.address(place.lab);
    const whose = place.mine ? "" : " What you save becomes a fork of your own.";
    redraw(this.said, notice("plain", h("p", {}, "This is the project of ", this.link(place.lab), `.${whose}`)));
    this.show();
  }

  /** What loads the page again opens the same lab. */
  private address(lab: string | null): void {
    const asked = new URLSearchParams(location.search);
    if (!lab && !asked.has("lab")) return;
    history.replaceState(history.state, "", `${this.site.base}trainer${lab ? `?lab=${segments(lab)}` : ""}`);
  }

  private link(lab: string): HTMLElement {
    return h("a", { href: `${this.site.base}@${segments(lab)}` }, lab);
  }

  private show(): void {
    const { run } = this.project;
    if (run?.state !== "ended" || !run.usable)
      return redraw(
        this.form,
        h(
          "p",
          { class: "muted" },
          "After training: take all of it along as a notebook with Keras, or save it as a lab that can be shared, forked and embedded.",
        ),
      );
    if (run.job.given) return redraw(this.form, ...this.given.shown(run));
    if (this.project.changed)
      return redraw(
        this.form,
        h(
          "p",
          { class: "muted" },
          "The choices above are others than those of the trained network. Train anew or undo the change in step 4: then it can be kept.",
        ),
      );
    const download = button("Download as a notebook", () => void this.attempt(() => this.download(run)), {
      id: "download-notebook",
    });
    redraw(
      this.form,
      h(
        "p",
        {},
        "The notebook has the same data, the same rows for training and test, the same inputs and the same network, in Keras. It runs here and anywhere else.",
      ),
      ...(this.site.user ? this.saving(run, download) : this.signedOut(download)),
    );
  }

  private signedOut(download: HTMLElement): Child[] {
    return [
      h("div", { class: "row" }, download),
      h(
        "p",
        { class: "small muted" },
        this.signing.link((what) => redraw(this.said, what)),
        " to save it as a lab. Your data and choices are here again afterwards; train once more then, the same seed gives the same network.",
      ),
    ];
  }

  private saving(run: Run, download: HTMLElement): Child[] {
    const { place } = this.keeper;
    const title = h("input", { id: "lab-title", value: this.title ?? titleOf(this.project), maxlength: 200, autocomplete: "off" });
    title.addEventListener("input", () => (this.title = title.value));
    const seen = select(
      "lab-seen",
      "Who can see it",
      SEEN,
      this.audience,
      (value) => (this.seen = value as Visibility),
      this.project.source ? "The notebook names the dataset." : "Your data lie in the notebook: who sees it has them.",
    );
    const label = !place ? "Save as a lab" : place.mine ? `Save to ${place.lab}` : `Save a fork of ${place.lab}`;
    return [
      h("div", { class: "halves" }, h("div", { class: "field" }, h("label", { for: "lab-title" }, "Title"), title), seen),
      h(
        "div",
        { class: "row" },
        button(label, () => void this.attempt(() => this.save(run)), { id: "save", class: "button button--primary" }),
        button("Open as a notebook", () => void this.attempt(() => this.openNotebook(run)), { id: "open-notebook" }),
        download,
      ),
      h(
        "p",
        { class: "small muted" },
        "A lab keeps the notebook, each training as a run that can be compared with others on its board, and the network as a model.",
      ),
    ];
  }

  private get wish(): Wish {
    const title = (this.title ?? titleOf(this.project)).trim();
    if (!title) throw new Problem("The lab needs a title.", "Say what it is about.");
    return { title, visibility: this.audience };
  }

  /** Data of one's own are nobody else's business, unless their person says so. */
  private get audience(): Visibility {
    return this.seen ?? (this.project.source ? this.site.visibility : "private");
  }

  /** One thing at a time; what is wrong is said. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await work();
    } catch (error) {
      redraw(this.said, problem(error));
    } finally {
      this.busy = false;
    }
  }

  private async sayOf(work: () => Promise<Child>): Promise<void> {
    redraw(this.said, notice("plain", "Saving …"));
    redraw(this.said, notice("success", await work()));
  }

  private async follow(run: Run): Promise<void> {
    const lab = await this.keeper.follow(run);
    if (!lab) return;
    const runs = h("a", { href: `${this.site.base}@${segments(lab)}/board` }, "its board");
    redraw(
      this.said,
      notice("plain", h("p", {}, "This training is a run of ", this.link(lab), " now: compare it on ", runs, ".")),
    );
  }

  private async download(run: Run): Promise<void> {
    const title = this.title?.trim() || titleOf(this.project);
    const made = await written(this.project, run, title, this.site.address);
    const text = JSON.stringify(made, null, 1);
    offer(`${this.project.name || "network"}.ipynb`, new Blob([text], { type: "application/x-ipynb+json" }));
  }

  private async save(run: Run): Promise<void> {
    this.tell(await this.saved(run));
  }

  private async saved(run: Run): Promise<Saved> {
    const { wish } = this;
    redraw(this.said, notice("plain", "Saving …"));
    try {
      const made = await this.keeper.save(this.project, run, wish);
      run.keep();
      // Another project may have begun meanwhile.
      if (this.keeper.place?.lab === made.place.lab) this.address(made.place.lab);
      return made;
    } finally {
      this.show();
    }
  }

  private async openNotebook(run: Run): Promise<void> {
    const { place } = await this.saved(run);
    location.assign(`${this.site.base}open/@${segments(place.lab)}`);
  }

  private tell({ place, run, model }: Saved): void {
    const lab = `${this.site.base}@${segments(place.lab)}`;
    const [owner, name] = model.split("/");
    const link = (address: string, text: string): HTMLElement => h("a", { href: address }, text);
    redraw(
      this.said,
      notice(
        "success",
        h("p", {}, h("strong", {}, "Saved"), ": ", link(lab, place.lab), `, version ${place.version}.`),
        h(
          "p",
          { class: "row" },
          link(`${lab}/runs/${run}`, "This training"),
          link(`${lab}/board`, "All trainings side by side"),
          link(`${this.site.base}@${encodeURIComponent(owner)}/models/${name}`, "The model"),
          link(`${this.site.base}open/@${segments(place.lab)}`, "The notebook in JupyterLab"),
        ),
      ),
    );
  }
}
