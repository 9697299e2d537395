/** Searching in an exported copy of the site, where no server does: an index tells which labs match and on which pages they are. */
import { announce } from "./announce";
import { relativeTimes } from "./time";

export interface Entry {
  path: string;
  page: number;
  title: string;
  owner: string;
  environment: string;
  accelerator: string;
  tags: string[];
  text: string;
}

const AT_ONCE = 24;
const EXACT = ["environment", "accelerator", "owner"] as const;
const FILTERS = ["q", "tag", ...EXACT];

const plain = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** The labs that a query means, those with all its words in the title first, else in the order of the index. */
export function found(entries: Entry[], query: URLSearchParams): Entry[] {
  const words = plain(query.get("q") ?? "").split(/\s+/).filter(Boolean);
  const within = (text: string) => words.every((word) => text.includes(word));
  const all = entries.filter(
    (entry) =>
      EXACT.every((name) => !query.get(name) || query.get(name) === entry[name]) &&
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

/** Filters go with what is searched for already, as the service has them. */
function keepFilters(query: URLSearchParams): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".filters a[href]")) {
    const own = new URL(link.href).searchParams;
    const whole = new URLSearchParams(query);
    if (!own.size) whole.delete("environment");
    own.forEach((value, name) => whole.set(name, value));
    link.search = whole.toString();
    if (whole.toString() === query.toString()) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function element<T extends keyof HTMLElementTagNameMap>(tag: T, className: string, text = ""): HTMLElementTagNameMap[T] {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

/** Makes room for what is found, in the place of the newest labs; the heading is still to be written. */
function clear(list: HTMLElement): HTMLElement {
  document.querySelector<HTMLElement>(".hero")?.remove();
  document.querySelector<HTMLElement>("main .pager")?.remove();
  const head = element("div", "row row--apart");
  const heading = head.appendChild(element("h1", ""));
  head.append(Object.assign(element("a", "", "Show all labs"), { href: location.pathname }));
  list.before(head);
  list.replaceChildren();
  return heading;
}

async function search(query: URLSearchParams, list: HTMLElement): Promise<void> {
  const index = await fetch(document.documentElement.dataset.finder ?? "");
  if (!index.ok) throw new Error(`the index answers ${index.status}`);
  const labs = found((await index.json()).labs, query);
  const count = labs.length;
  const finder = new Finder(list, clear(list), labs);
  finder.say(words(query, count));
  if (!count) list.before(element("p", "muted", "This search looks at titles, names, tags and how descriptions begin. Try fewer words."));
  await finder.more();
  if (finder.done) return;
  const more = Object.assign(element("button", "button", "More labs"), { type: "button" });
  more.addEventListener("click", async () => {
    await finder.more();
    if (finder.done) more.remove();
  });
  list.after(more);
}

/** Searches where the page is Explore of a copy and its address asks for something. */
export function findInCopy(): void {
  const query = new URLSearchParams(location.search);
  const list = document.querySelector<HTMLElement>("main .cards");
  if (document.documentElement.dataset.finder === undefined || !list) return;
  if (!FILTERS.some((name) => query.get(name))) return;
  const field = document.querySelector<HTMLInputElement>(".top__search input[name=q]");
  if (field) field.value = query.get("q") ?? "";
  keepFilters(query);
  search(query, list).catch(() => {
    const said = element("p", "notice notice--warning", "The search does not work now. What follows are all labs, the newest first.");
    said.setAttribute("role", "alert");
    list.before(said);
  });
}
