/** Requests of a page for whoever is signed in: without the page's token the service answers them as nobody's. */

function token(): string {
  return document.querySelector<HTMLInputElement>("input[name=_xsrf]")?.value ?? "";
}

/** The headers of such a request. */
export function own(headers: Record<string, string>): Record<string, string> {
  return token() ? { ...headers, "X-XSRFToken": token() } : headers;
}

/** Such an address for what can send no headers: a stream of events. */
export function ownAddress(address: string): string {
  return token() ? `${address}?_xsrf=${encodeURIComponent(token())}` : address;
}
