/** A camera for models that take a picture. This page opens it: the document that tries the model never could. */
import { Lens } from "../../lens";
import { type Looks, looks } from "../../render/trial/looks";
import type { Tensor } from "../../render/trial/protocol";

const MINE = "What the camera sees stays in this browser: the model runs here, and no picture is sent anywhere.";

/** Offers it above a document that tries a model; `hand` gives a picture in, for the input of that number. */
export function offerCamera(place: HTMLElement, inputs: Tensor[], hand: (input: number, picture: ImageBitmap) => void): void {
  const pictures = inputs.flatMap((tensor, index) => (looks(tensor) ? [index] : []));
  if (!pictures.length || place.childElementCount) return;
  const said = Object.assign(document.createElement("p"), { className: "muted small" });
  said.setAttribute("role", "status");
  const chosen = choice(inputs, pictures);
  const wanted = (): Looks => looks(inputs[Number(chosen.value)]) as Looks;
  const start = button("Camera");
  const take = button("Take a picture", "button--primary");
  const stop = button("Stop");
  const lens = new Lens("choose a picture from a file", (what) => {
    const leaving = take.parentElement?.contains(document.activeElement);
    start.hidden = lens.on;
    take.hidden = stop.hidden = !lens.on;
    said.textContent = what || MINE;
    // The button that was pressed is gone now.
    if (leaving) (lens.on ? take : start).focus();
  });
  const fit = (): string => (lens.video.style.aspectRatio = `${wanted().width} / ${wanted().height}`);
  lens.video.className = "try-camera";
  start.addEventListener("click", () => void lens.start());
  stop.addEventListener("click", () => lens.stop());
  chosen.addEventListener("change", fit);
  take.addEventListener("click", async () => {
    const seen = lens.seen(wanted().width, wanted().height);
    if (seen) hand(Number(chosen.value), await createImageBitmap(lens.video, ...seen.map(Math.round) as typeof seen));
  });
  const row = Object.assign(document.createElement("div"), { className: "row" });
  row.append(...(pictures.length > 1 ? [labelled(chosen)] : []), start, take, stop);
  fit();
  lens.stop();
  place.append(lens.video, row, said);
}

/** Which of several pictures it takes. */
function choice(inputs: Tensor[], pictures: number[]): HTMLSelectElement {
  const chosen = document.createElement("select");
  chosen.append(...pictures.map((index) => new Option(inputs[index].name, String(index))));
  return chosen;
}

function labelled(control: HTMLElement): HTMLLabelElement {
  const label = Object.assign(document.createElement("label"), { className: "row" });
  label.append("Input", control);
  return label;
}

function button(text: string, more = ""): HTMLButtonElement {
  return Object.assign(document.createElement("button"), { type: "button", className: `button ${more}`.trim(), textContent: text });
}
