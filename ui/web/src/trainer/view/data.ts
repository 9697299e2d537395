/** Step 1: data that comes along, a file of one's own, or pictures. Nothing of it leaves the browser. */
import type { Table } from "../data/csv.ts";
import type { Pictures } from "../data/pictures.ts";
import type { Source } from "../data/source.ts";
import { Problem } from "../problem.ts";
import type { Project } from "../project.ts";
import { reading } from "../reading.ts";
import type { Site } from "../site.ts";
import { button, h, redraw } from "./dom.ts";
import { clipped, notes, notice, problem, table } from "./parts.ts";
import { Camera } from "./camera.ts";
import { addressOf, Datasets } from "./datasets.ts";
import { Drawn } from "./drawn.ts";
import { fromFolder, SIDE } from "./folder.ts";
import { Pad } from "./pad.ts";
import { thumbnail } from "./thumbnail.ts";

/** What a browser on a phone can hold. */
const MOST = 200_000_000;
const SHOWN = 6;
/** Pixels of the pad's side. */
const PAD = 16;

/** Raises Overtaken where something else was chosen since. */
export type Still = () => void;
class Overtaken extends Error {}

export class DataStep {
  private place: HTMLElement;
  /** How often something was chosen: what was chosen last counts, however long the others take. */
  private asked = 0;
  readonly datasets: Datasets;

  constructor(
    private root: HTMLElement,
    private project: Project,
    private reader: string,
    private site: Site,
  ) {
    this.place = this.part("[data-shown]");
    this.datasets = new Datasets(
      this.part("[data-datasets]"),
      site,
      (work) => this.attempt(work),
      (source, size, still) => this.dataset(source, size, still),
    );
    for (const radio of root.querySelectorAll<HTMLInputElement>("[data-sample]")) {
      radio.addEventListener("change", () => void this.attempt((still) => this.sample(radio, still)));
    }
    this.files("[data-file]", ([file], still) => this.file(file, still));
    this.files("[data-folder]", async (files, still) => {
      const pictures = await fromFolder(files);
      still();
      project.takePictures("pictures", pictures);
    });
    const own = (name: string) => (pictures: Pictures) =>
      void this.attempt(async () => project.takePictures(name, pictures));
    new Drawn(
      this.part("[data-pad]"),
      "drawn-class",
      [PAD, PAD, 1],
      new Pad("A pad to draw an example on", PAD),
      own("drawings"),
    );
    new Drawn(this.part("[data-camera]"), "camera-class", [SIDE, SIDE, 3], new Camera(), own("snapshots"));
    project.hear((step) => step === "data" && this.show());
  }

  private part(selector: string): HTMLElement {
    return this.root.querySelector<HTMLElement>(selector)!;
  }

  private files(selector: string, take: (files: File[], still: Still) => Promise<void>): void {
    const input = this.root.querySelector<HTMLInputElement>(selector)!;
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      if (!files.length) return;
      for (const radio of this.root.querySelectorAll<HTMLInputElement>("[data-sample]")) radio.checked = false;
      this.datasets.clear();
      void this.attempt((still) => take(files, still)).then(() => (input.value = ""));
    });
  }

  /** Shows something in the place of the data, until there are some. */
  say(what: HTMLElement): void {
    redraw(this.place, what);
  }

  /** Does it, and says what is wrong where it cannot be done. */
  async attempt(work: (still: Still) => Promise<void>): Promise<void> {
    if (this.project.trains && !(await this.sure())) return this.back();
    redraw(this.place, notice("plain", "Reading …"));
    const asked = ++this.asked;
    const still = (): void => {
      if (asked !== this.asked) throw new Overtaken();
    };
    try {
      await this.project.reads(() => work(still));
    } catch (error) {
      if (asked === this.asked) redraw(this.place, problem(error));
    }
  }

  /** Other data end a training that goes on: whether they are to. */
  private sure(): Promise<boolean> {
    return new Promise((resolve) => {
      const stop = button("Stop it and use the other data", () => resolve(true), { id: "other-data" });
      const stay = button("Keep training", () => resolve(false), { id: "keep-training" });
      const words = "A training goes on. It ends when other data are used, and what it has learned is gone.";
      redraw(this.place, notice("warning", h("p", {}, words), h("div", { class: "row" }, stay, stop)));
      stay.focus({ preventScroll: true });
      this.place.scrollIntoView({ block: "nearest" });
    });
  }

  /** All is as it was before other data were chosen. */
  private back(): void {
    const { source } = this.project;
    for (const radio of this.root.querySelectorAll<HTMLInputElement>("[data-sample]"))
      radio.checked = radio.value === source?.dataset && radio.dataset.path === source.path;
    this.datasets.clear();
    this.show();
  }

  private async sample({ value, dataset: { version, path } }: HTMLInputElement, still: Still): Promise<void> {
    this.datasets.clear();
    const file = { dataset: value, version: Number(version), path: path ?? "" };
    await this.dataset({ ...file, address: addressOf(file) }, 0, still);
  }

  /** Takes a table of the site's. */
  async dataset(source: Source, size: number, still: Still): Promise<void> {
    if (size > MOST) throw tooLarge();
    const table = await this.read(await this.site.ask(source.address));
    still();
    for (const radio of this.root.querySelectorAll<HTMLInputElement>("[data-sample]"))
      radio.checked = radio.value === source.dataset && radio.dataset.path === source.path;
    this.project.takeTable(source.dataset.split("/")[1], table, source);
  }

  private async file(file: File, still: Still): Promise<void> {
    if (file.size > MOST) throw tooLarge();
    const table = await this.read(file);
    still();
    this.project.takeTable(file.name.replace(/\.\w+$/, ""), table);
  }

  private async read(from: Response | File): Promise<Table> {
    return reading(this.reader, await from.arrayBuffer());
  }

  private show(): void {
    const { table: found, pictures } = this.project;
    if (pictures) {
      const each = Math.max(1, Math.floor(pictures.labels.length / 24));
      const shown = pictures.pixels.filter((_, index) => index % each === 0).slice(0, 24);
      redraw(
        this.place,
        notice(
          "success",
          `${pictures.labels.length} pictures of ${new Set(pictures.labels).size} classes, ${pictures.shape.slice(0, 2).join(" × ")} pixels each.`,
        ),
        thumbnails(shown, pictures.shape),
      );
    } else if (found) {
      const told = `${found.total.toLocaleString("en")} rows, ${found.names.length} columns.`;
      redraw(
        this.place,
        notice("success", told),
        notes(found.notes),
        table(
          "The first rows",
          ["row", ...found.names.slice(0, 12)],
          found.rows.slice(0, SHOWN).map((row, index) => [index + 1, ...row.slice(0, 12).map(clipped)]),
        ),
      );
    }
  }
}

function tooLarge(): Problem {
  return new Problem("This file is larger than 200 MB.", "Take a part of its rows: a hundred thousand are enough here.");
}

function thumbnails(pixels: Float32Array[], shape: [number, number, number]): HTMLElement {
  const row = document.createElement("div");
  row.className = "trainer__pictures";
  row.append(...pixels.map((one) => thumbnail(one, shape)));
  return row;
}
