/** Has the trainer kept for when there is no network, once the page itself is there. */

/** Only pages that come over TLS, or from this machine, can have it; who saves data is not made to load it. */
export function keptOffline(page = "", script = ""): void {
  const saves = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData;
  if (!script || !("serviceWorker" in navigator) || saves) return;
  navigator.serviceWorker.register(script, { scope: page }).catch((error: Error) => {
    console.warn(`The trainer will not be there without a network: ${error.message}`);
  });
}
