/** Which uploads this browser began, so that they go on after a reload; the service gives them up after an hour. */

export interface Sent {
  id: string;
  path: string;
  size: number;
  offset: number;
}

const KEPT = "mlabs-uploads";
const MOST = 1000;

export const pathOf = (file: File) => file.webkitRelativePath || file.name;

/** Tells a file from one of the same name that was changed since. */
const mark = (file: File) => `${pathOf(file)} ${file.size} ${file.lastModified}`;

function known(): Record<string, string> {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    // Not readable, or not allowed: everything begins anew then.
    return {};
  }
}

function keep(uploads: Record<string, string>): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(Object.entries(uploads).slice(-MOST))));
  } catch {
    // No room, or not allowed: as above.
  }
}

export const idOf = (file: File): string | undefined => known()[mark(file)];

export const remember = (file: File, id: string) => keep({ ...known(), [mark(file)]: id });

export function forget(...ids: string[]): void {
  keep(Object.fromEntries(Object.entries(known()).filter(([, id]) => !ids.includes(id))));
}

/** Those that are not here as a whole; what the service knows no more is forgotten. */
export async function unfinished(address: string, token: string): Promise<Sent[]> {
  const found: Sent[] = [];
  for (const id of Object.values(known()).slice(-20)) {
    const answer = await fetch(`${address}/${id}`, { headers: { "X-XSRFToken": token } }).catch(() => null);
    if (answer?.ok) found.push(await answer.json());
    else if (answer?.status === 404) forget(id);
  }
  return found.filter((sent) => sent.offset < sent.size);
}
