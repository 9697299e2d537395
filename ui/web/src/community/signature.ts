/** Whether the server signed what it asks for, and whether bytes are those that it names. */

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** Whether `signature` is one of this text; null where this browser cannot tell. */
export async function signed(text: string, signature: string, key: string): Promise<boolean | null> {
  // Browsers verify on addresses with https only, older ones not at all.
  if (!globalThis.crypto?.subtle) return null;
  const imported = await crypto.subtle.importKey("raw", bytesOf(key), "Ed25519", false, ["verify"]).catch(unknown);
  return imported && crypto.subtle.verify("Ed25519", imported, bytesOf(signature), new TextEncoder().encode(text));
}

function unknown(error: unknown): null {
  if (error instanceof DOMException && error.name === "NotSupportedError") return null;
  throw error;
}

/** Whether bytes have a SHA-256 digest, in hexadecimal; null where this browser cannot tell. */
export async function digested(bytes: Uint8Array<ArrayBuffer>, digest: string): Promise<boolean | null> {
  if (!globalThis.crypto?.subtle) return null;
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("") === digest.replace(/^sha256:/, "");
}
