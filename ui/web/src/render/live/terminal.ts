/** What a terminal would show: carriage returns, backspaces and colors, as the finished document shows them. */

const MAX_TEXT = 400_000;
const OVERWRITTEN = /[^\n]*\r(?=[^\n\r])/g;
const BACKSPACED = /[^\n\x08]\x08/g;
const ESCAPE = /\x1b(?:\[([0-9;:?]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const FLAGS: Record<number, string> = { 1: "bold", 2: "faint", 3: "italic", 4: "underline", 7: "inverse", 9: "strike" };
const ENDS: Record<number, string[]> = {
  21: ["bold"],
  22: ["bold", "faint"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["strike"],
};

/** Text with each overwritten line as it stands last. */
export function overwritten(text: string): string {
  if (text.includes("\r")) text = text.replaceAll("\r\n", "\n").replace(OVERWRITTEN, "");
  for (let turn = 0; turn < 8 && text.includes("\x08"); turn++) text = text.replace(BACKSPACED, "");
  return text;
}

function shortened(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const half = MAX_TEXT / 2;
  const left = (text.length - MAX_TEXT).toLocaleString("en");
  return `${text.slice(0, half)}\n… ${left} characters are left out here; the notebook has them …\n${text.slice(-half)}`;
}

function extended(codes: number[]): string | null {
  const kind = codes.shift();
  if (kind === 2) {
    const rgb = codes.splice(0, 3);
    return rgb.length === 3 && Math.max(...rgb) < 256 ? `rgb(${rgb.join(" ")})` : null;
  }
  const index = kind === 5 ? (codes.shift() ?? 256) : 256;
  if (index < 16) return (index > 7 ? "bright-" : "") + NAMES[index % 8];
  if (index < 232) {
    const steps = [Math.floor((index - 16) / 36), Math.floor((index - 16) / 6) % 6, (index - 16) % 6];
    return `rgb(${steps.map((step) => (step ? 55 + step * 40 : 0)).join(" ")})`;
  }
  return index < 256 ? `rgb(${Array(3).fill((index - 232) * 10 + 8).join(" ")})` : null;
}

/** Follows one `ESC[…m`; `style` maps what is set to a name or an exact color. */
function apply(style: Map<string, string>, text: string): void {
  const codes = text.slice(0, 200).split(/[;:]/).map((code) => (/^\d+$/.test(code) ? Number(code) : 0));
  while (codes.length) {
    const code = codes.shift() as number;
    const [tens, color] = [Math.floor(code / 10), code % 10];
    if (code === 0) style.clear();
    else if (code in FLAGS) style.set(FLAGS[code], FLAGS[code]);
    else if (code in ENDS) ENDS[code].forEach((flag) => style.delete(flag));
    else if (code === 38 || code === 48) {
      const exact = extended(codes);
      if (exact) style.set(code === 38 ? "color" : "on", exact);
    } else if (code === 39) style.delete("color");
    else if (code === 49) style.delete("on");
    else if (color < 8 && (tens === 3 || tens === 9)) style.set("color", (tens === 9 ? "bright-" : "") + NAMES[color]);
    else if (color < 8 && (tens === 4 || tens === 10)) style.set("on", (tens === 10 ? "bright-" : "") + NAMES[color]);
  }
}

function span(text: string, style: Map<string, string>): Node {
  const plain = text.replace(CONTROL, "");
  if (!style.size) return document.createTextNode(plain);
  const made = document.createElement("span");
  made.textContent = plain;
  for (const [key, value] of style) {
    const on = key === "on" ? "on-" : "";
    if (value.startsWith("rgb(")) {
      made.classList.add(`a-${on}rgb`);
      made.style.setProperty(`--${on}rgb`, value);
    } else made.classList.add(`a-${on}${value}`);
  }
  return made;
}

/** The text as nodes, colored. */
export function terminal(text: string): DocumentFragment {
  const made = document.createDocumentFragment();
  const shown = overwritten(shortened(text));
  const style = new Map<string, string>();
  let place = 0;
  for (const found of shown.matchAll(ESCAPE)) {
    if (found.index > place) made.append(span(shown.slice(place, found.index), style));
    place = found.index + found[0].length;
    if (found[2] === "m") apply(style, found[1]);
  }
  if (place < shown.length) made.append(span(shown.slice(place), style));
  return made;
}
