/** Outputs that do something: each in its own place, so that one that fails leaves the others alone. */
import { load } from "./load";
import { offerRequire } from "./require";

type Show = (place: HTMLElement, content: never) => void | Promise<void>;

const dark = (): boolean => {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

const SHOW: Record<string, Show> = {
  html(place, content: string) {
    // Made in a document that loads nothing: what is blocked anyway need not be asked for.
    const made = document.implementation.createHTMLDocument().createRange().createContextualFragment(content);
    for (const whole of made.querySelectorAll("meta, base")) whole.remove();
    for (const away of made.querySelectorAll<HTMLElement>("iframe[src], img[src], audio, video, embed[src], object[data]")) {
      if (!stays(away)) away.replaceWith(label(away));
    }
    place.append(made);
  },
  js(place, content: string) {
    new Function("element", content).call(place, place);
  },
  async plotly(place, figure: { data?: unknown[]; layout?: object; config?: object; frames?: unknown[] }) {
    await load("plotly");
    const { data = [], layout = {}, config = {}, frames } = figure;
    const plain = dark() ? { paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { color: "#eceef1" } } : {};
    const shown = { data, layout: { ...plain, ...layout }, config: { ...config, responsive: true }, frames };
    await (window as any).Plotly.newPlot(place, shown);
  },
  async vega(place, spec: object) {
    await load("vega");
    await window.mlabsVega!(place, spec, dark());
  },
  async widget(place, model: string) {
    await load("widgets");
    await window.mlabsWidget!(place, model);
  },
};
const KINDS: Record<string, string> = { IMG: "Picture", IFRAME: "Page", AUDIO: "Sound", VIDEO: "Film" };

function address(element: Element): string {
  const from = element.getAttribute("src") ?? element.getAttribute("data") ?? element.querySelector("source")?.src;
  return from ?? "";
}

/** True for what the document holds itself and a browser shows without asking anybody. */
const stays = (element: Element): boolean => /^(IMG|AUDIO|VIDEO)$/.test(element.tagName) && /^(data|blob):/i.test(address(element));

/** What stands in place of a part that would have to be loaded: a link where there is an address. */
function label(element: Element): HTMLElement {
  const from = address(element);
  const where = /^(https?:)?\/\//i.test(from) && new URL(from, document.baseURI).host;
  const made = document.createElement(where && !element.closest("a[href]") ? "a" : "span");
  made.className = "elsewhere";
  if (made instanceof HTMLAnchorElement) made.href = from;
  made.textContent = `${element.getAttribute("alt") || KINDS[element.tagName] || "File"} (${where || "in the notebook"})`;
  return made;
}

const LAZY = new Set(["plotly", "vega", "widget"]);

function fail(island: HTMLElement, error: unknown): void {
  const note = document.createElement("p");
  note.className = "absent";
  note.textContent = `This output could not be shown: ${error instanceof Error ? error.message : String(error)}`;
  island.append(note);
}

// Whose script runs right now.
let current: HTMLElement | null = null;

async function show(island: HTMLElement): Promise<void> {
  const script = island.querySelector<HTMLScriptElement>(":scope > script");
  const fallback = island.querySelector<HTMLElement>(":scope > .fallback");
  const place = document.createElement("div");
  place.className = "live";
  island.append(place);
  try {
    current = island;
    const shown = SHOW[island.dataset.kind ?? ""](place, JSON.parse(script?.textContent ?? "null") as never);
    current = null;
    await shown;
    if (place.hasChildNodes() || island.dataset.kind === "js") fallback?.remove();
  } catch (error) {
    current = null;
    place.remove();
    fail(island, error);
  }
}

/** `document.write` after loading would wipe the whole document out. */
function tameWrite(): void {
  const write = (...text: string[]): void => {
    const after = document.currentScript;
    const made = document.createRange().createContextualFragment(text.join(""));
    if (after?.parentNode) after.parentNode.insertBefore(made, after);
    else document.querySelector("main")?.append(made);
  };
  document.write = document.writeln = write;
  document.open = (() => document) as typeof document.open;
}

let tamed = false;

function tame(): void {
  if (tamed) return;
  tamed = true;
  tameWrite();
  offerRequire(() => {
    const island = current;
    return (error) => island && fail(island, error);
  });
}

/** Brings one output to life that was made later than the document. */
export function bring(island: HTMLElement): void {
  tame();
  void show(island);
}

export function islands(): void {
  const all = [...document.querySelectorAll<HTMLElement>(".island")];
  if (!all.length) return;
  tame();
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((candidate) => candidate.isIntersecting)) {
        watcher.unobserve(entry.target);
        void show(entry.target as HTMLElement);
      }
    },
    { rootMargin: "400px" },
  );
  for (const island of all) {
    if (LAZY.has(island.dataset.kind ?? "")) watcher.observe(island);
    else void show(island);
  }
}
