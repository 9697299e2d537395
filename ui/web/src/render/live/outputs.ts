/** One output as an element. What it holds is a stranger's: it is shown in this document only, which is walled in. */
import { overwritten, terminal } from "./terminal";
import { bring } from "../islands";

export interface Output {
  output_type: "stream" | "display_data" | "execute_result" | "error";
  name?: string;
  text?: string | string[];
  data?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  ename?: string;
  traceback?: string[];
}

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const ISLANDS: [RegExp, string][] = [
  [/^application\/vnd\.plotly\.v1\+json$/, "plotly"],
  [/^application\/vnd\.vega(lite)?\.v\d+(\.\d+)?(\+json|\.json)$/, "vega"],
];
const joined = (text: unknown): string => (Array.isArray(text) ? text.join("") : String(text ?? ""));

function element(name: string, className: string, ...inside: (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.append(...inside);
  return made;
}

function text(value: unknown): HTMLElement {
  return element("pre", "", terminal(joined(value)));
}

function picture(type: string, value: unknown): HTMLElement {
  const image = document.createElement("img");
  const data = joined(value);
  image.src = type === "image/svg+xml" ? `data:${type};utf8,${encodeURIComponent(data)}` : `data:${type};base64,${data.replace(/\s/g, "")}`;
  image.alt = "Picture made by this cell";
  return image;
}

function island(kind: string, content: unknown): HTMLElement {
  const script = element("script", "") as HTMLScriptElement;
  script.type = "application/json";
  script.textContent = JSON.stringify(content);
  const made = element("div", "island", element("div", "fallback"), script);
  made.dataset.kind = kind;
  bring(made);
  return made;
}

/** Data in its richest form that can be shown while a run goes on. */
function richest(data: Record<string, unknown>): HTMLElement {
  for (const [pattern, kind] of ISLANDS) {
    const type = Object.keys(data).find((candidate) => pattern.test(candidate));
    if (type) return island(kind, data[type]);
  }
  if (data["text/html"] !== undefined) return element("div", "html", island("html", joined(data["text/html"])));
  if (data["image/svg+xml"] !== undefined) return picture("image/svg+xml", data["image/svg+xml"]);
  const type = PICTURES.find((candidate) => data[candidate] !== undefined);
  if (type) return picture(type, data[type]);
  for (const plain of ["text/markdown", "text/latex", "text/plain"]) {
    if (data[plain] !== undefined) return text(data[plain]);
  }
  const json = Object.keys(data).find((candidate) => /^application\/(.*\+)?json$/.test(candidate));
  if (json) return text(JSON.stringify(data[json], null, 2));
  return element("p", "absent", "This output is shown when the run has ended.");
}

/** An output that is shown: a stream grows, the others can be replaced. */
export class Shown {
  readonly element: HTMLElement;
  private text = "";

  constructor(readonly output: Output) {
    this.element = element("div", "output");
    this.draw();
  }

  /** True where a piece of a stream belongs to this one. */
  continues(output: Output): boolean {
    return output.output_type === "stream" && this.output.output_type === "stream" && this.output.name === output.name;
  }

  /** Adds a piece of a stream; it is seen with the next `draw`. What is overwritten is let go. */
  add(output: Output): void {
    this.text += joined(output.text);
    const last = this.text.lastIndexOf("\n");
    if (this.text.indexOf("\r") >= 0 && last > 0) this.text = overwritten(this.text.slice(0, last)) + this.text.slice(last);
  }

  /** Shows something else in this place. */
  replace(data: Record<string, unknown>): void {
    this.output.data = data;
    this.draw();
  }

  draw(): void {
    const output = this.output;
    if (output.output_type === "stream") {
      this.text ||= joined(output.text);
      this.element.className = `output ${output.name === "stderr" ? "stderr" : "stdout"}`;
      this.element.replaceChildren(text(this.text));
      this.toEnd();
    } else if (output.output_type === "error") {
      this.element.className = "output error";
      this.element.replaceChildren(text((output.traceback ?? []).join("\n") || output.ename));
    } else this.element.replaceChildren(richest(output.data ?? {}));
  }

  /** A long stream shows what came last. */
  private toEnd(): void {
    const pre = this.element.firstElementChild;
    if (pre) pre.scrollTop = pre.scrollHeight;
  }
}
