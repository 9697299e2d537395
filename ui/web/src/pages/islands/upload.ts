/** Large files of a form go ahead of it, in pieces: a broken connection costs the piece that it broke. */
import { announce } from "./announce";
import { forget, idOf, pathOf, remember, unfinished } from "./upload_known";

const TUS = { "Tus-Resumable": "1.0.0" };
const PIECE = 16 * 1024 * 1024;
/** Less than this goes with the form itself, and so do very many files. */
const SMALL = 8 * 1024 * 1024;
const MANY = 100;
/** Seconds before each further try; what was sent in between begins them anew. */
const PAUSES = [1, 2, 5, 10, 20, 30, 60];
/** The service does not know yet that an earlier connection is gone. */
const LOCKED = 423;
const AGAIN = new Set([409, LOCKED, 429, 500, 502, 503, 504]);

class Refused extends Error {
  constructor(
    message: string,
    readonly status = 0,
  ) {
    super(message);
  }
}

interface Sending {
  address: string;
  token: string;
  stopped: AbortSignal;
  shown: (bytes: number) => void;
}

const wait = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));

async function ask(to: Sending, method: string, url: string, headers: HeadersInit, body?: Blob): Promise<Response> {
  const all = { ...TUS, "X-XSRFToken": to.token, ...headers };
  const answer = await fetch(url, { method, headers: all, body, signal: to.stopped });
  if (answer.ok || AGAIN.has(answer.status)) return answer;
  const said = await answer.json().catch(() => null);
  throw new Refused(said?.error?.message ?? `The upload was refused (${answer.status}).`, answer.status);
}

/** The answer, once the service is there; Refused where it is not for minutes. */
async function patiently(to: Sending, work: () => Promise<Response>): Promise<Response> {
  for (const pause of PAUSES) {
    try {
      const answer = await work();
      if (answer.ok) return answer;
    } catch (error) {
      if (error instanceof Refused || to.stopped.aborted) throw error;
    }
    announce("The connection is broken. It is tried again.");
    await wait(pause);
  }
  throw new Refused("The service does not answer. Try again later.");
}

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** The upload that was begun for this file, and how far it is; null where there is none any more. */
async function begun(to: Sending, file: File): Promise<[string, number] | null> {
  const id = idOf(file);
  if (id === undefined) return null;
  try {
    const there = await patiently(to, () => ask(to, "HEAD", `${to.address}/${id}`, {}));
    return [id, Number(there.headers.get("Upload-Offset"))];
  } catch (error) {
    if (!(error instanceof Refused && error.status === 404)) throw error;
    forget(id);
    return null;
  }
}

async function begin(to: Sending, file: File): Promise<[string, number]> {
  const announced = { "Upload-Length": `${file.size}`, "Upload-Metadata": `filename ${base64(pathOf(file))}` };
  const answer = await patiently(to, () => ask(to, "POST", to.address, announced));
  const { id } = await answer.json();
  remember(file, id);
  return [id, 0];
}

/** Send one file, or the rest of it; the id of its upload. */
async function send(to: Sending, file: File): Promise<string> {
  const [id, there] = (await begun(to, file)) ?? (await begin(to, file));
  const url = `${to.address}/${id}`;
  to.shown(there);
  for (let offset = there; offset < file.size; ) {
    const place = { "Upload-Offset": `${offset}`, "Content-Type": "application/offset+octet-stream" };
    const sent = await ask(to, "PATCH", url, place, file.slice(offset, offset + PIECE)).catch((error) => {
      if (error instanceof Refused || to.stopped.aborted) throw error;
      return null;
    });
    // What came of a piece that broke is not sent once more; it has to end there as well first.
    if (!sent?.ok) await wait(sent?.status === LOCKED ? 5 : 1);
    const now = sent?.ok ? sent : await patiently(to, () => ask(to, "HEAD", url, {}));
    offset = Number(now.headers.get("Upload-Offset"));
    to.shown(offset);
  }
  return id;
}

const tokenOf = (form: HTMLFormElement) => form.querySelector<HTMLInputElement>("input[name=_xsrf]")?.value ?? "";

function chosen(form: HTMLFormElement): File[] {
  const inputs = form.querySelectorAll<HTMLInputElement>("input[type=file]");
  return [...inputs].flatMap((input) => [...(input.files ?? [])]);
}

function box(form: HTMLFormElement): { bar: HTMLProgressElement; words: HTMLElement; stop: HTMLButtonElement } {
  const [place, bar, words, stop] = ["div", "progress", "p", "button"].map((tag) => document.createElement(tag));
  // What an earlier try came to.
  form.querySelector("[data-sending-box]")?.remove();
  place.className = "stack stack--tight";
  place.dataset.sendingBox = "";
  bar.className = "progress";
  bar.setAttribute("aria-label", "Upload");
  stop.className = "button button--small";
  (stop as HTMLButtonElement).type = "button";
  stop.textContent = "Stop";
  place.append(bar, words, stop);
  form.append(place);
  return { bar: bar as HTMLProgressElement, words, stop: stop as HTMLButtonElement };
}

async function upload(form: HTMLFormElement, files: File[], total: number): Promise<void> {
  const { bar, words, stop } = box(form);
  const fields: HTMLInputElement[] = [];
  const stopping = new AbortController();
  stop.addEventListener("click", () => stopping.abort());
  bar.max = total;
  const token = tokenOf(form);
  let before = 0;
  const shown = (bytes: number) => {
    bar.value = before + bytes;
    words.textContent = `${Math.floor((100 * bar.value) / total)} % of ${Math.ceil(total / 1048576)} MB sent.`;
  };
  try {
    for (const file of files) {
      shown(0);
      const id = await send({ address: form.dataset.uploads ?? "", token, stopped: stopping.signal, shown }, file);
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "uploads", value: id });
      form.append(field);
      fields.push(field);
      before += file.size;
    }
    for (const input of form.querySelectorAll<HTMLInputElement>("input[type=file]")) input.disabled = true;
    words.textContent = "All is sent. The dataset is made of it now.";
    announce(words.textContent);
    form.submit();
  } catch (error) {
    for (const field of fields) field.remove();
    bar.remove();
    stop.remove();
    const stopped = "Stopped. Press Upload to go on from here, within an hour.";
    words.textContent = stopping.signal.aborted ? stopped : (error as Error).message;
    words.setAttribute("role", "alert");
    delete form.dataset.sending;
  }
}

/** After a reload, or a browser that was closed: say what goes on where its file is chosen again. */
async function offer(form: HTMLFormElement): Promise<void> {
  const sent = await unfinished(form.dataset.uploads ?? "", tokenOf(form));
  if (!sent.length) return;
  const names = sent.map(({ path, offset, size }) => `${path} (${Math.floor((100 * offset) / size)} %)`);
  const note = document.createElement("p");
  note.className = "notice";
  note.textContent = `Here in part: ${names.join(", ")}. Choose the same again, and the upload goes on from there.`;
  form.querySelector("input[type=file]")?.closest(".field")?.before(note);
}

/** Whether the form says which files are meant, or which are to be taken out. */
function says(form: HTMLFormElement): boolean {
  if (chosen(form).length) return true;
  const data = new FormData(form);
  return ["uploads", "url", "run", "remove"].some((name) => data.getAll(name).some((value) => String(value).trim()));
}

/** What is missing is said at the field, before anything is sent. */
function complain(form: HTMLFormElement, problem: string): void {
  const field = form.querySelector<HTMLInputElement>("input[type=file]");
  const place = document.getElementById("files-problem");
  if (!field || !place) return;
  place.textContent = problem;
  field.setAttribute("aria-invalid", String(problem !== ""));
  if (problem) field.focus();
}

export function uploadInPieces(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-uploads]")) {
    void offer(form);
    form.addEventListener("change", () => says(form) && complain(form, ""));
    form.addEventListener("submit", (event) => {
      if (!says(form)) {
        event.preventDefault();
        complain(form, "Choose a file first.");
        return;
      }
      const files = chosen(form);
      const total = files.reduce((sum, file) => sum + file.size, 0);
      if (total < SMALL || files.length > MANY) return;
      event.preventDefault();
      if (form.dataset.sending !== undefined) return;
      form.dataset.sending = "";
      void upload(form, files, total);
    });
  }
}
