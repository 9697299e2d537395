/** Elements, made in one breath. */
type Value = string | number | boolean | null | undefined | ((event: Event) => void);
export type Child = Node | string | null | undefined | false;

/** An element with attributes, and with listeners where a name begins with `on`. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(
    ...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false),
  );
  return made;
}

/** The same in SVG. */
export function s(tag: string, attributes: Record<string, Value> = {}, ...children: Child[]): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(made, attributes);
  made.append(...children.filter((child): child is Node | string => Boolean(child)));
  return made;
}

function set(made: Element, attributes: Record<string, Value>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
}

/** Draws a place anew; the focus stays on what has the same id, or near it where that is gone. */
export function redraw(place: HTMLElement, ...children: Child[]): void {
  const active = document.activeElement;
  const id = active && place.contains(active) ? active.id : "";
  place.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
  const next = document.getElementById(id) ?? place.querySelector<HTMLElement>("button:not([disabled])");
  if (id) next?.focus({ preventScroll: true });
}

/** A button; `more` are further attributes. */
export function button(text: string, press: () => void, more: Record<string, Value> = {}): HTMLButtonElement {
  return h("button", { type: "button", class: "button", ...more, onclick: press }, text);
}

function labelled(id: string, label: string, control: HTMLElement, hint?: string): HTMLElement {
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    control,
    hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null,
  );
}

export function select(
  id: string,
  label: string,
  options: [value: string, text: string][],
  value: string,
  change: (value: string) => void,
  hint?: string,
): HTMLElement {
  const control = h("select", { id, onchange: (event) => change((event.target as HTMLSelectElement).value) });
  control.append(...options.map(([one, text]) => h("option", { value: one, selected: one === value }, text)));
  return labelled(id, label, control, hint);
}

export interface Limits {
  min?: number;
  max?: number;
  step?: number | "any";
}

export function number(
  id: string,
  label: string,
  value: number,
  limits: Limits,
  change: (value: number) => void,
  hint?: string,
): HTMLElement {
  const control = h("input", {
    id,
    type: "number",
    inputmode: "decimal",
    value,
    ...limits,
    onchange: (event) => change((event.target as HTMLInputElement).valueAsNumber),
  });
  return labelled(id, label, control, hint);
}

export function check(id: string, label: string, checked: boolean, change: (checked: boolean) => void): HTMLElement {
  return h(
    "label",
    { class: "check", for: id },
    h("input", {
      id,
      type: "checkbox",
      checked,
      onchange: (event) => change((event.target as HTMLInputElement).checked),
    }),
    h("span", {}, label),
  );
}
