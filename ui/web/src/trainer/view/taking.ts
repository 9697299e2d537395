/** Taking the trained network along: two files, and the few lines that use them. */
import type { Run } from "../run.ts";
import { modelJson, WEIGHTS } from "../take.ts";
import { button, h } from "./dom.ts";

const USE = `const model = await tf.loadLayersModel("model.json");
// Each number: (value - shift) * factor, as userDefinedMetadata in model.json says.
model.predict(tf.tensor([example])).print();`;

const READ = `const model = await tf.loadLayersModel("model.json");
const { vocabulary, length, other, alone } = model.getUserDefinedMetadata().mlabs.text;

const plain = "A text of your own".normalize("NFC").toLowerCase().replaceAll("’", "'");
const parted = plain.replace(RegExp(other, "gu"), " ").replace(RegExp(alone, "gu"), " $& ");
const words = parted.split(" ").map((word) => word.replace(/^'+|'+$/g, "")).filter(Boolean).slice(0, length);
// Words begin with 2. One that is not known is at -1, which makes 1; short texts are filled up in front with 0.
const numbers = words.map((word) => vocabulary.indexOf(word) + 2);
const example = [...Array(length - numbers.length).fill(0), ...numbers];
model.predict(tf.tensor([example])).print();`;

export function taking(run: Run, attempt: (work: () => Promise<void>) => Promise<void>): HTMLElement {
  const { text } = run.prepared;
  return h(
    "section",
    { class: "stack stack--tight" },
    h("h3", {}, "Take it along"),
    h(
      "p",
      { class: "small muted" },
      "Two files for TensorFlow.js. They belong into one folder; how inputs are scaled, or which words a text is read by, is written in the first.",
    ),
    h(
      "div",
      { class: "row" },
      button("Download the network", () => void attempt(() => download(run)), { id: "download" }),
    ),
    h("pre", { class: "panel small", tabindex: 0, "aria-label": "How to use it" }, h("code", {}, text ? READ : USE)),
  );
}

async function download(run: Run): Promise<void> {
  const saved = await run.save();
  offer(
    "model.json",
    new Blob([modelJson(saved, { ...run.prepared, shape: run.job.shape })], { type: "application/json" }),
  );
  offer(WEIGHTS, new Blob([saved.data], { type: "application/octet-stream" }));
  run.keep();
}

/** Hands a file to the browser's downloads. */
export function offer(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  h("a", { href: address, download: name }).click();
  // The download has begun by then; until then the address has to stay.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
