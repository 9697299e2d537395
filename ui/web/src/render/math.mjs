// Turns TeX into MathML: one line in, an array of [tex, display]; one line out for each, MathML or null.
import { createInterface } from "node:readline";
import temml from "temml";

const OPTIONS = { trust: false, throwOnError: true, maxExpand: 500, maxSize: [50, 50], wrap: "none" };
const LONGEST = 400_000;

// What MathJax knows and Temml does not.
const EQNARRAY = /\\(begin|end)\{eqnarray\*?\}/g;
const known = (tex) => tex.replace(EQNARRAY, (_, end) => `\\${end}{darray}${end === "begin" ? "{rcl}" : ""}`);

// Between texts Temml sets the spaces of an operator itself; those that it has anyway would be added.
const SPACED = /(<mspace width="0\.\d+em"><\/mspace>)<mo>([^<]*)<\/mo>\1/g;

function convert(tex, displayMode, macros) {
  try {
    const html = temml.renderToString(known(tex), { ...OPTIONS, displayMode, macros });
    return html.length > LONGEST ? null : html.replace(SPACED, '$1<mo lspace="0em" rspace="0em">$2</mo>$1');
  } catch {
    return null;
  }
}

process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  // Macros that one formula defines hold for the formulas after it, as in MathJax, and for this notebook only.
  const macros = {};
  for (const [tex, display] of JSON.parse(line)) {
    process.stdout.write(`${JSON.stringify(convert(tex, display, macros))}\n`);
  }
}
