/** Shows what a model said: each output as a table, with bars where that helps. */
import type { Numbers } from "./protocol";

// More rows than these nobody reads; of many the largest are shown.
const MOST = 10;

export function show(place: HTMLElement, outputs: Numbers[], seconds: number): void {
  const told = document.createElement("p");
  told.className = "trial__hint";
  told.textContent = `Done in ${seconds < 0.1 ? "less than 0.1" : seconds.toFixed(1)} s, in this browser.`;
  place.replaceChildren(...outputs.map(table), told);
}

function table({ name, shape, values }: Numbers): HTMLElement {
  const made = document.createElement("table");
  const many = values.length > MOST;
  const order = values.map((_, index) => index);
  if (many) order.sort((one, other) => values[other] - values[one]);
  const caption = made.createCaption();
  const dims = shape.slice(1).join(" × ") || "one number";
  caption.textContent = `${name}: ${dims}${many ? `, the ${MOST} largest of ${values.length}` : ""}`;
  made.createTHead().insertRow().append(head("Number"), head("Value"));
  const body = made.createTBody();
  const top = most(values);
  for (const index of order.slice(0, MOST)) row(body, index, values[index], top, values.length);
  return made;
}

/** What fills a bar: all there is of probabilities, else the largest of the numbers. */
export function most(values: number[]): number {
  const sum = values.reduce((all, value) => all + value, 0);
  if (values.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-3) return 1;
  return Math.max(...values.map(Math.abs), Number.MIN_VALUE);
}

function row(body: HTMLTableSectionElement, index: number, value: number, top: number, count: number): void {
  const line = body.insertRow();
  line.insertCell().textContent = String(index);
  const cell = line.insertCell();
  const text = document.createElement("span");
  text.textContent = Number.isFinite(value) ? String(Number(value.toPrecision(5))) : String(value);
  cell.append(text);
  if (count === 1 || !Number.isFinite(value)) return;
  const bar = document.createElement("progress");
  Object.assign(bar, { max: top, value: Math.max(0, value) });
  bar.setAttribute("aria-hidden", "true");
  cell.append(bar);
}

function head(text: string): HTMLElement {
  const cell = document.createElement("th");
  cell.scope = "col";
  cell.textContent = text;
  return cell;
}
