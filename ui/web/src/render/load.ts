/** Loads a viewer, once: from beside this script, or from the document where that carries it. */
declare const VIEWERS: Record<string, string[]>;

const base = (document.currentScript as HTMLScriptElement | null)?.src || document.baseURI;
const loading = new Map<string, Promise<void>>();

function file(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const url = new URL(name, base).href;
    const element = name.endsWith(".css")
      ? Object.assign(document.createElement("link"), { rel: "stylesheet", href: url })
      : Object.assign(document.createElement("script"), { src: url });
    element.onload = () => resolve();
    element.onerror = () => reject(new Error("its viewer could not be loaded."));
    document.head.append(element);
  });
}

/** What a document that stands alone has of a viewer, as text that nobody has run yet. */
function carried(viewer: string): HTMLScriptElement[] {
  return [...document.querySelectorAll<HTMLScriptElement>(`script[data-viewer="${viewer}"]`)];
}

function unpack(part: HTMLScriptElement): void {
  const made = document.createElement(part.type === "text/css" ? "style" : "script");
  made.textContent = part.textContent;
  document.head.append(made);
  part.remove();
}

async function from(viewer: string): Promise<void> {
  const parts = carried(viewer);
  if (parts.length) parts.forEach(unpack);
  else await Promise.all(VIEWERS[viewer].map(file));
}

export function load(viewer: string): Promise<void> {
  let promise = loading.get(viewer);
  if (!promise) {
    promise = from(viewer);
    loading.set(viewer, promise);
  }
  return promise;
}
