/** The site that handed out this page: what it is asked, as whoever is signed in. */
import { own } from "../pages/islands/own.ts";
import { Problem } from "./problem.ts";

/** What the site answers where it cannot do something. */
interface Failure {
  error?: { message?: string; code?: string };
}

export class Site {
  /** The path that all of its addresses begin with. */
  readonly base: string;
  /** Who is signed in; null for nobody. */
  readonly user: string | null;
  /** Who sees a lab of whose author nobody knows better. */
  readonly visibility: "public" | "unlisted" | "private";

  constructor({ base, user, visibility }: DOMStringMap) {
    this.base = base ?? "/";
    this.user = user ?? null;
    this.visibility = (visibility ?? "private") as Site["visibility"];
  }

  /** Where it is, as the world outside names it. */
  get address(): string {
    return new URL(this.base, location.href).href;
  }

  /** The answer; a Problem in the site's own words where it refuses, or cannot be reached. */
  async ask(path: string, method = "GET", body?: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    const answer = await fetch(this.base + path, { method, body, headers: own(headers) }).catch(() => null);
    if (!answer)
      throw new Problem("This site cannot be reached just now.", "See whether you are connected, and try it again.");
    if (answer.ok) return answer;
    const { error } = (await answer.json().catch(() => ({}))) as Failure;
    throw new Problem(error?.message ?? `The site answered with an error (${answer.status}).`, "");
  }

  async json<T>(path: string, method = "GET", body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const given = body === undefined ? undefined : JSON.stringify(body);
    const answer = await this.ask(path, method, given, { "Content-Type": "application/json", ...headers });
    return (await answer.json()) as T;
  }

  /** The same for lists. */
  async list<T>(path: string): Promise<T[]> {
    return (await this.json<{ items: T[] }>(path)).items;
  }
}

/** `owner/name` as two segments of a path. */
export function segments(reference: string): string {
  return reference.split("/").map(encodeURIComponent).join("/");
}
