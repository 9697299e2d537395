/** Loads a viewer, once. */
declare const VIEWERS: Record<string, string[]>;

const base = (document.currentScript as HTMLScriptElement | null)?.src ?? document.baseURI;
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

export function load(viewer: string): Promise<void> {
  let promise = loading.get(viewer);
  if (!promise) {
    promise = Promise.all(VIEWERS[viewer].map(file)).then(() => undefined);
    loading.set(viewer, promise);
  }
  return promise;
}
