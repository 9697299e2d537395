// Cuts the math font in two: what most formulas need, small enough for every page, and the rest, loaded when used.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import subsetFont from "subset-font";

const FONT = "node_modules/@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2";
const OUT = "node_modules/.mlabs";
const CORE = [
  [0x20, 0x7e], [0xa0], [0xac], [0xb1], [0xb7], [0xd7], [0xf7], [0x302, 0x303], [0x391, 0x3a9], [0x3b1, 0x3c9],
  [0x2016], [0x2026], [0x2032, 0x2033], [0x210e], [0x2113], [0x211d], [0x2190, 0x2194], [0x21a6], [0x21d0, 0x21d4],
  [0x2200], [0x2202, 0x2203], [0x2205, 0x220b], [0x220f], [0x2211, 0x2213], [0x2217, 0x221a], [0x221d, 0x221e],
  [0x2223, 0x222c], [0x2234], [0x223c], [0x2245], [0x2248], [0x2260, 0x2261], [0x2264, 0x2265], [0x226a, 0x226b],
  [0x2282, 0x2287], [0x2295, 0x2299], [0x22a4, 0x22a5], [0x22c5], [0x22ee, 0x22f1], [0x2308, 0x230b],
  [0x23de, 0x23df], [0x27e8, 0x27e9], [0x1d400, 0x1d467], [0x1d6fc, 0x1d71b],
];
const ALL = [
  [0x20, 0x7e], [0xa0, 0xff], [0x2b0, 0x2dd], [0x300, 0x338], [0x391, 0x3f6], [0x2010, 0x2057], [0x20d0, 0x20ef],
  [0x2100, 0x214f], [0x2190, 0x21ff], [0x2200, 0x22ff], [0x2308, 0x230b], [0x23b4, 0x23b5], [0x23dc, 0x23e1],
  [0x25a0, 0x25ff], [0x27c2, 0x27ef], [0x27f5, 0x27ff], [0x2a00, 0x2aff], [0x1d400, 0x1d7ff],
];

const points = (ranges) => ranges.flatMap(([first, last = first]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));

/** A list of code points, in order, as CSS writes it. */
function hex(list) {
  const ranges = [];
  for (const point of list) {
    const last = ranges.at(-1);
    if (last && last[1] === point - 1) last[1] = point;
    else ranges.push([point, point]);
  }
  const text = (point) => point.toString(16).toUpperCase();
  return ranges.map(([first, last]) => `U+${text(first)}${last > first ? `-${text(last)}` : ""}`).join(",");
}

// The layout constants of a font come with its space.
const core = points(CORE);
const more = points(ALL).filter((point) => !core.includes(point));

const locals = ["STIX Two Math", "Cambria Math", "Latin Modern Math"].map((name) => `local("${name}")`).join(", ");
const face = (name, list) => `@font-face { font-family: "MLabs Math"; src: ${locals}, url("./${name}.woff2") format("woff2"); font-display: swap; unicode-range: ${hex(list)}; }\n`;

/** Writes the two fonts and `fonts.css`, which names them. */
export async function fonts() {
  const whole = await readFile(FONT);
  await mkdir(OUT, { recursive: true });
  for (const [name, list] of [["math", core], ["math-more", [0x20, ...more]]]) {
    const text = String.fromCodePoint(...list);
    await writeFile(`${OUT}/${name}.woff2`, await subsetFont(whole, text, { targetFormat: "woff2", noLayoutClosure: true }));
  }
  await writeFile(`${OUT}/fonts.css`, face("math", core) + face("math-more", more));
}
