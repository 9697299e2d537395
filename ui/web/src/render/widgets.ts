/** Shows Jupyter widgets from the state that the notebook keeps; loaded when one comes into view. */
import "./jquery";
// What the sliders of ipywidgets 7 are made of, in the order that they need each other.
import "jquery-ui/ui/version.js";
import "jquery-ui/ui/widget.js";
import "jquery-ui/ui/keycode.js";
import "jquery-ui/ui/widgets/mouse.js";
import { HTMLManager } from "@jupyter-widgets/html-manager";
import "@jupyter-widgets/html-manager/css/output.css";
import "@jupyter-widgets/controls/css/widgets.built.css";
import "./widgets.css";

const STATE = "application/vnd.jupyter.widget-state+json";
let manager: Promise<HTMLManager> | undefined;

async function start(): Promise<HTMLManager> {
  const made = new HTMLManager();
  const script = document.querySelector(`script[type="${STATE}"]`);
  await made.set_state(JSON.parse(script?.textContent ?? "{}"));
  return made;
}

declare global {
  interface Window {
    mlabsWidget?: (place: HTMLElement, model: string) => Promise<void>;
  }
}

window.mlabsWidget = async (place, model) => {
  const ready = await (manager ??= start());
  const view = await ready.create_view(await ready.get_model(model));
  await ready.display_view(view, place);
};
