/** Bars that lie, with names, and small histograms for tables. */
import { short } from "../data/columns.ts";
import { h, s } from "./dom.ts";

export interface Bar {
  label: string;
  value: number;
}

/** Bars that lie, each with its name and number: they are readable as text, too. `most` fills the line. */
export function bars(shown: Bar[], told: (value: number) => string = short, most = largest(shown)): HTMLElement {
  return list(shown, told, (value) => [0, Math.max(0, value / most) * 100]);
}

/** The same to both sides of zero, which is in the middle. */
export function signed(shown: Bar[], told: (value: number) => string = short): HTMLElement {
  const most = largest(shown);
  const made = list(shown, told, (value) => [50 + Math.min(0, value / most) * 50, (Math.abs(value) / most) * 50]);
  made.classList.add("bars--signed");
  return made;
}

function list(shown: Bar[], told: (value: number) => string, place: (value: number) => [number, number]): HTMLElement {
  const rows = shown.map(({ label, value }) => {
    const [from, length] = place(value);
    const bar = s(
      "svg",
      { class: "bars__bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
      s("rect", { x: from.toFixed(2), width: length.toFixed(2), height: 8 }),
    );
    return h(
      "li",
      {},
      h("span", { class: "bars__name" }, label),
      bar,
      h("span", { class: "bars__value" }, told(value)),
    );
  });
  return h("ul", { class: "bars" }, ...rows);
}

function largest(shown: Bar[]): number {
  return Math.max(...shown.map(({ value }) => Math.abs(value)), 1e-9);
}

/** A small histogram for a row of a table; what it shows is its name. */
export function histogram(name: string, counts: { label: string; count: number }[]): SVGElement {
  const most = Math.max(...counts.map(({ count }) => count), 1);
  const width = 100 / Math.max(counts.length, 1);
  const rects = counts.map(({ count }, index) => {
    const height = (count / most) * 30;
    return s("rect", {
      x: (index * width + 0.5).toFixed(2),
      y: (30 - height).toFixed(2),
      width: Math.max(width - 1, 0.5).toFixed(2),
      height: height.toFixed(2),
    });
  });
  return s(
    "svg",
    { class: "spark-bars", viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img", "aria-label": name },
    ...rects,
  );
}
