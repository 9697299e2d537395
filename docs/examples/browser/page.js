// Loads what a run made, reads digits with it, and says whether scikit-learn reads the same.
import * as tf from "./node_modules/@tensorflow/tfjs/dist/tf.fesm.min.js";
import { Drawing, paint } from "./drawing.js";
import { findOutputs } from "./outputs.js";

const at = (id) => document.getElementById(id);
const element = (name, properties) => Object.assign(document.createElement(name), properties);
const percent = new Intl.NumberFormat("en", { style: "percent" });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 1 });

async function load({ server, lab, of }) {
  if (!URL.canParse(server)) throw new Error(`${server} is not an address like https://labs.example.org.`);
  at("status").textContent = "Loading…";
  const { samples, outputs } = await findOutputs(server.replace(/\/*$/, "/"), lab, of);
  // So small a network is done before a GPU has begun, and the processor counts as exactly as NumPy does.
  await tf.setBackend("cpu");
  const network = await tf.loadLayersModel(new URL("model/model.json", outputs).href);
  const read = (images) => tf.tidy(() => network.predict(tf.tensor2d(images)).arraySync());

  const drawing = new Drawing(at("drawing"), (pixels) => showDrawing(pixels, read));
  at("clear").onclick = () => drawing.show(new Array(64).fill(0));
  showSamples(samples, read(samples.map((sample) => sample.pixels)), drawing);
  drawing.show(samples[0].pixels);
  showTraining(outputs);
  document.querySelector("main").hidden = false;
  at("status").textContent = "";
}

function showSamples(samples, said, drawing) {
  let agree = 0;
  let largest = 0;
  for (const [n, { pixels, digit, probabilities }] of samples.entries()) {
    const [here, there] = [said[n], probabilities].map(likeliest);
    agree += here === there;
    largest = Math.max(largest, ...said[n].map((value, k) => Math.abs(value - probabilities[k])));
    const button = element("button", { type: "button", onclick: () => drawing.show(pixels) });
    const image = element("canvas", { width: 64, height: 64 });
    paint(image, pixels);
    const wrong = here === digit ? "" : ` (is ${digit})`;
    button.append(image, element("span", { textContent: `${here}${wrong}`, className: wrong && "wrong" }));
    at("samples").appendChild(element("li")).append(button);
  }
  const all = agree === samples.length;
  at("verdict").textContent =
    `${all ? "All" : `${agree} of`} ${samples.length} digits are read as scikit-learn reads them; ` +
    `the largest difference of a probability is ${short.format(largest)}.`;
  at("verdict").className = all ? "good" : "";
}

function showDrawing(pixels, read) {
  const empty = pixels.every((value) => value === 0);
  const [said] = read([pixels]);
  const digit = likeliest(said);
  at("read").textContent = empty ? "Nothing is drawn yet." : `Reads ${digit} (${percent.format(said[digit])})`;
  at("bars").replaceChildren(
    ...said.map((value) => {
      const item = element("li");
      item.appendChild(element("span")).style.inlineSize = empty ? "0" : `${100 * value}%`;
      return item;
    }),
  );
}

function showTraining(outputs) {
  const figure = at("figure");
  figure.onerror = () => figure.replaceWith(element("p", { textContent: "This run has no figure.png." }));
  figure.src = new URL("figure.png", outputs);
  const [, base, owner, lab, run] = outputs.href.match(/(.*\/)assets\/([^/]+)\/([^/]+)\/([^/]+)\//);
  Object.assign(at("run"), { href: `${base}@${owner}/${lab}/runs/${run}`, textContent: `run ${run}` });
}

function likeliest(probabilities) {
  return probabilities.indexOf(Math.max(...probabilities));
}

const asked = Object.fromEntries(new URLSearchParams(location.search));
for (const [name, value] of Object.entries(asked)) {
  if (document.forms[0].elements[name]) document.forms[0].elements[name].value = value;
}
if (asked.server && asked.lab && asked.of) {
  load(asked).catch((error) => {
    at("status").textContent = "";
    at("problem").textContent = error.message;
  });
}
