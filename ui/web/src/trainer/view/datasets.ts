/** Choosing one of the site's datasets by its name, and a table in it. */
import type { Source } from "../data/source.ts";
import { Problem } from "../problem.ts";
import { segments, type Site } from "../site.ts";
import type { Still } from "./data.ts";
import { button, h, redraw, select } from "./dom.ts";

interface Dataset {
  owner: string;
  name: string;
  title: string;
}

export interface File {
  path: string;
  size: number;
}

interface Version {
  number: number;
  items: File[];
}

const TABLES = /\.(csv|tsv|tab|txt)$/i;
const NAME = /^@?([^/\s]+\/[a-z0-9-]{1,60})$/;
/** Milliseconds after the last letter until names are looked up. */
const PAUSE = 300;

export function addressOf(source: Omit<Source, "address">): string {
  const path = source.path.split("/").map(encodeURIComponent).join("/");
  return `data/${segments(source.dataset)}/${source.version}/${path}`;
}

export class Datasets {
  private names = h("datalist", { id: "dataset-names" });
  private files = h("div");
  private input: HTMLInputElement;
  private timer = 0;

  constructor(
    place: HTMLElement,
    private site: Site,
    private attempt: (work: (still: Still) => Promise<void>) => Promise<void>,
    private take: (source: Source, size: number, still: Still) => Promise<void>,
  ) {
    this.input = h("input", {
      id: "dataset",
      list: "dataset-names",
      autocomplete: "off",
      placeholder: "owner/name",
      "aria-describedby": "dataset-hint",
      oninput: () => this.soon(),
      onfocus: () => this.soon(),
    });
    const use = button("Use it", () => void this.attempt((still) => this.use(still)), { id: "use-dataset" });
    place.append(
      h(
        "div",
        { class: "field" },
        h("label", { for: "dataset" }, "Any dataset here"),
        h("div", { class: "trainer__datasets" }, this.input, use),
        h("p", { class: "hint", id: "dataset-hint" }, "Type some letters of its name: public ones are found, and yours."),
        this.names,
      ),
      this.files,
    );
    this.input.addEventListener("keydown", (event) => event.key === "Enter" && use.click());
  }

  private soon(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), PAUSE);
  }

  /** Names to choose from. Where they cannot be had, the whole name can be typed all the same. */
  private async look(): Promise<void> {
    const { user } = this.site;
    const q = encodeURIComponent(this.input.value.replace("/", " "));
    const mine = user ? [this.found(`q=${q}&owner=${encodeURIComponent(user)}`)] : [];
    const found = (await Promise.all([...mine, this.found(`q=${q}&sort=popular`)])).flat();
    const options = new Map(found.map(({ owner, name, title }) => [`${owner}/${name}`, title]));
    this.names.replaceChildren(...[...options].map(([value, title]) => h("option", { value }, title)));
  }

  private found(query: string): Promise<Dataset[]> {
    return this.site.list<Dataset>(`api/v1/datasets?limit=20&${query}`).catch(() => []);
  }

  /** One that the page's address names. */
  named(dataset: string): void {
    this.input.value = dataset;
    void this.attempt((still) => this.use(still));
  }

  private async use(still: Still): Promise<void> {
    const dataset = this.input.value.trim().match(NAME)?.[1];
    if (!dataset) throw new Problem("This is no name of a dataset.", "A name has two parts, as in library/iris.");
    const version = await this.site.json<Version>(`api/v1/datasets/${segments(dataset)}/versions/latest`);
    const tables = version.items.filter(({ path }) => TABLES.test(path));
    if (!tables.length)
      throw new Problem(
        `${dataset} holds no table.`,
        "Choose one with a CSV file. Pictures are trained on from a folder of your own.",
      );
    const made = (file: File, still: Still): Promise<void> => this.given(dataset, version.number, file, still);
    still();
    redraw(this.files, tables.length > 1 && this.choice(tables, made));
    await made(tables[0], still);
  }

  private choice(tables: File[], made: (file: File, still: Still) => Promise<void>): HTMLElement {
    return select(
      "dataset-file",
      "Which of its tables",
      tables.map(({ path }): [string, string] => [path, path]),
      tables[0].path,
      (path) => void this.attempt((still) => made(tables.find((file) => file.path === path) ?? tables[0], still)),
    );
  }

  private given(dataset: string, version: number, { path, size }: File, still: Still): Promise<void> {
    const file = { dataset, version, path };
    return this.take({ ...file, address: addressOf(file) }, size, still);
  }

  /** Something else was chosen. */
  clear(): void {
    this.input.value = "";
    redraw(this.files);
  }
}
