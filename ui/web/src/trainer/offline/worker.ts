/** Keeps the trainer usable without a network: its page as everybody sees it, and its own files. Nothing else is seen. */
export interface Kept {
  /** Of all that is kept: each change makes another worker, with a cache of its own. */
  version: string;
  page: string;
  files: string[];
}

interface Waiting {
  waitUntil(work: Promise<unknown>): void;
}

interface Asked {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}

/** The service writes it in front of this script. */
declare const kept: Kept;
declare const self: {
  addEventListener(name: "install" | "activate", hear: (event: Waiting) => void): void;
  addEventListener(name: "fetch", hear: (event: Asked) => void): void;
};

// Other services on the same host have caches, too.
const OURS = `mlabs-trainer ${kept.page} `;
const NAME = OURS + kept.version;
const FILES = new Set(kept.files);

/** As somebody who is not signed in gets it, so that nothing private is ever kept. */
async function fetched(address: string): Promise<Response> {
  const answer = await fetch(address, { credentials: "omit" });
  if (!answer.ok || answer.redirected) throw new Error(`${address} cannot be kept: ${answer.status}`);
  return answer;
}

async function keep(): Promise<void> {
  const cache = await caches.open(NAME);
  for (const address of [kept.page, ...kept.files]) await cache.put(address, await fetched(address));
}

async function forget(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function keptOf(address: string): Promise<Response | undefined> {
  // Requests of the page have headers of their own; what is kept is the same for all.
  return (await caches.open(NAME)).match(address, { ignoreVary: true });
}

/** The page comes from the service while there is one, and is what its reader may see. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await keptOf(kept.page);
    if (found) return found;
    throw error;
  }
}

async function file(request: Request, address: string): Promise<Response> {
  return (await keptOf(address)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forget()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pathname === kept.page) event.respondWith(page(request));
  else if (FILES.has(pathname + search)) event.respondWith(file(request, pathname + search));
});
