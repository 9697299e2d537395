/** Searching in an exported copy of the site, where no server does: an index tells which labs match and on which pages they are. */
import { announce } from "./announce";
import { relativeTimes } from "./time";

export interface Entry {
  path: string;
  page: number;
  title: string;
  owner: string;
  environment: string;
  tags: string[];
  text: string;
}

const AT_ONCE = 24;
const FILTERS = ["q", "environment", "tag", "owner"];

const plain = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** The labs that a query means, those with all its words in the title first, else in the order of the index. */
export function found(entries: Entry[], query: URLSearchParams): Entry[] {
  const words = plain(query.get("q") ?? "").split(/\s+/).filter(Boolean);
  const fits = (name: "environment" | "owner", entry: Entry) => !query.get(name) || query.get(name) === entry[name];
  const within = (text: string) => words.every((word) => text.includes(word));
  const all = entries.filter(
    (entry) =>
      fits("environment", entry) &&
      fits("owner", entry) &&
      (!query.get("tag") || entry.tags.includes(query.get("tag") ?? "")) &&
      within(plain([entry.title, entry.path, entry.owner, entry.text, ...entry.tags].join(" "))),
  );
  const byTitle = (entry: Entry) => words.length > 0 && within(plain(entry.title));
  return [...all.filter(byTitle), ...all.filter((entry) => !byTitle(entry))];
}

class Finder {
  private pages = new Map<number, Promise<Document>>();
  private root = new URL(document.documentElement.dataset.copy || "./", location.href);

  constructor(
    private list: HTMLElement,
    private heading: HTMLElement,
    private left: Entry[],
  ) {}

  /** Shows the next labs, each as the card that a page of Explore has of it. */
  async more(): Promise<void> {
    const cards = await Promise.all(this.left.splice(0, AT_ONCE).map((entry) => this.card(entry)));
    this.list.append(...cards.filter((card) => card !== null));
    relativeTimes();
  }

  get done(): boolean {
    return this.left.length === 0;
  }

  say(text: string): void {
    this.heading.textContent = text;
    announce(text);
  }

  private async card(entry: Entry): Promise<Element | null> {
    const page = await this.page(entry.page);
    const wanted = new URL(entry.path, this.root).pathname;
    const link = [...page.querySelectorAll<HTMLAnchorElement>(".card a[href]")].find((a) => new URL(a.href).pathname === wanted);
    const card = link?.closest(".card");
    return card ? document.importNode(card, true) : null;
  }

  private page(number: number): Promise<Document> {
    let page = this.pages.get(number);
    if (!page) {
      page = fetched(new URL(number === 1 ? "./" : `page.${number}/`, this.root));
      this.pages.set(number, page);
    }
    return page;
  }
}

/** A page whose addresses hold wherever its parts are put. */
async function fetched(url: URL): Promise<Document> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const element of page.querySelectorAll("[href], [src]")) {
    for (const name of ["href", "src"]) {
      const value = element.getAttribute(name);
      if (value !== null) element.setAttribute(name, new URL(value, url).href);
    }
  }
  return page;
}

function words(query: URLSearchParams, count: number): string {
  const about = FILTERS.map((name) => query.get(name)).filter(Boolean).join(", ");
  return count ? `${count} ${count === 1 ? "lab" : "labs"} for “${about}”` : `No lab for “${about}”`;
}

async function search(query: URLSearchParams): Promise<void> {
  const list = document.querySelector<HTMLElement>("main .cards");
  if (!list) return;
  document.querySelector<HTMLElement>(".hero")?.remove();
  document.querySelector<HTMLElement>("main .pager")?.remove();
  const heading = document.createElement("h1");
  const all = Object.assign(document.createElement("a"), { href: location.pathname, textContent: "Show all labs" });
  const head = Object.assign(document.createElement("div"), { className: "row row--apart" });
  head.append(heading, all);
  list.before(head);
  list.replaceChildren();
  const field = document.querySelector<HTMLInputElement>(".top__search input[name=q]");
  if (field) field.value = query.get("q") ?? "";
  const index = await fetch(document.documentElement.dataset.finder ?? "");
  if (!index.ok) throw new Error(`the index answers ${index.status}`);
  const labs = found((await index.json()).labs, query);
  const finder = new Finder(list, heading, labs);
  finder.say(words(query, labs.length));
  await finder.more();
  if (finder.done) return;
  const more = Object.assign(document.createElement("button"), { className: "button", type: "button", textContent: "More labs" });
  more.addEventListener("click", async () => {
    await finder.more();
    if (finder.done) more.remove();
  });
  list.after(more);
}

/** Searches where the page is Explore of a copy and its address asks for something. */
export function findInCopy(): void {
  const query = new URLSearchParams(location.search);
  if (document.documentElement.dataset.finder === undefined || !FILTERS.some((name) => query.get(name))) return;
  search(query).catch(() => announce("The search does not work now. All labs are in the list."));
}
