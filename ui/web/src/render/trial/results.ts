/** Shows what a model said: each output as a table, with bars where that helps. */
import type { Meaning } from "./described";
import type { Numbers } from "./protocol";

// More rows than these nobody reads; of many the largest are shown.
const MOST = 10;

export function show(place: HTMLElement, outputs: Numbers[], seconds: number): void {
  place.replaceChildren(...outputs.map(table), lasted(seconds));
}

/** What a model said that says what its numbers mean. */
export function answer(place: HTMLElement, said: Meaning, seconds: number): void {
  place.replaceChildren("classes" in said ? classes(said.classes) : number(said.target, said.value), lasted(seconds));
}

function lasted(seconds: number): HTMLElement {
  const told = document.createElement("p");
  told.className = "trial__hint";
  told.textContent = `Done in ${seconds < 0.1 ? "less than 0.1" : seconds.toFixed(1)} s, in this browser.`;
  return told;
}

function number(target: string, value: number): HTMLElement {
  const told = document.createElement("p");
  const strong = document.createElement("strong");
  strong.textContent = written(value);
  told.append(`${target}: `, strong);
  return told;
}

function classes(all: [string, number][]): HTMLElement {
  const made = document.createElement("table");
  const more = all.length > MOST ? `, the ${MOST} likeliest of ${all.length} classes` : "";
  made.createCaption().textContent = `Most likely ${all[0][0]}${more}`;
  made.createTHead().insertRow().append(head("Class"), head("Probability"));
  const body = made.createTBody();
  for (const [name, probability] of all.slice(0, MOST)) {
    const line = body.insertRow();
    line.insertCell().textContent = name;
    line.append(measured(`${(probability * 100).toFixed(1)} %`, probability, 1));
  }
  return made;
}

function table({ name, shape, values }: Numbers): HTMLElement {
  const made = document.createElement("table");
  const many = values.length > MOST;
  const order = values.map((_, index) => index);
  if (many) order.sort((one, other) => values[other] - values[one]);
  const caption = made.createCaption();
  // What has no examples is all of it.
  const whole = shape.length > 1 && (shape[0] ?? 1) > 1;
  const dims = shape.slice(whole ? 0 : 1).join(" × ") || "one number";
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
  line.append(measured(written(value), count === 1 ? NaN : value, top));
}

const written = (value: number): string => (Number.isFinite(value) ? String(Number(value.toPrecision(5))) : String(value));

/** A value, with a bar where it can be drawn. */
function measured(words: string, value: number, top: number): HTMLTableCellElement {
  const cell = document.createElement("td");
  const text = document.createElement("span");
  text.textContent = words;
  cell.append(text);
  if (!Number.isFinite(value)) return cell;
  const bar = document.createElement("progress");
  Object.assign(bar, { max: top, value: Math.max(0, value) });
  bar.setAttribute("aria-hidden", "true");
  cell.append(bar);
  return cell;
}

function head(text: string): HTMLElement {
  const cell = document.createElement("th");
  cell.scope = "col";
  cell.textContent = text;
  return cell;
}
