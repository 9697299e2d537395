/** Parts of a page that the server words: they are fetched anew and take the place of the old ones. */

import { own } from "./own";

/** Fetches the page at an address and takes its `data-part`s over; false where it is not to be had. */
export async function refreshParts(address: string): Promise<boolean> {
  const parts = document.querySelectorAll<HTMLElement>("[data-part]");
  if (!parts.length) return false;
  const answer = await fetch(address, { headers: own({ Accept: "text/html" }) }).catch(() => null);
  if (!answer || !(answer.ok || answer.status === 400)) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh) part.replaceChildren(...fresh.childNodes);
  }
  document.title = page.title;
  return true;
}
