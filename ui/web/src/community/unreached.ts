/** Why nobody was reached, in plain words. */

const CAUSES: Record<string, string> = {
  ENOTFOUND: "There is no server of that name.",
  EAI_AGAIN: "The server's name cannot be looked up just now.",
  ECONNREFUSED: "Nothing answers at that address.",
  ECONNRESET: "The connection was cut.",
};

interface Cause {
  code?: string;
  message?: string;
}

/** Node.js hides what happened in the cause of its error; browsers do not tell. */
export function unreached(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: Cause };
  if (name === "TimeoutError") return "The server takes too long to answer.";
  const words = CAUSES[cause?.code ?? ""];
  return words ?? `The server cannot be reached: ${cause?.message || message}.`;
}

/** Of an answer that is not of MLabs' form: a proxy whose service is not up yet, or something else altogether. */
export function strange(status: number): string {
  if (status === 429 || status >= 500) return `The server answered with an error (${status}).`;
  return `What answers there is no MLabs, or one that is just starting (${status}).`;
}
