/** Snapshots of a camera. They stay in the page, and the camera goes off when it is not needed. */
import { Lens } from "../../lens.ts";
import { button, h, redraw } from "./dom.ts";
import { pixelsOf, SIDE } from "./folder.ts";
import type { Source } from "./drawn.ts";

export class Camera implements Source {
  readonly element = h("div", { class: "stack stack--tight" });
  private control = h("div", {});
  private said = h("p", { class: "small muted", role: "status" });
  private lens = new Lens("use pictures in folders", (said) => this.offer(said));

  constructor() {
    this.lens.video.className = "camera";
    this.element.append(this.lens.video, this.control, this.said);
    this.offer("");
  }

  private offer(said: string): void {
    const { on } = this.lens;
    const press = (): void => (on ? this.lens.stop() : void this.lens.start());
    redraw(this.control, button(on ? "Switch the camera off" : "Switch the camera on", press, { id: "camera" }));
    this.said.textContent = said;
  }

  take(): Float32Array | string {
    const seen = this.lens.seen(SIDE, SIDE);
    const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
    if (!seen || !context) return "Switch the camera on first.";
    context.drawImage(this.lens.video, ...seen, 0, 0, SIDE, SIDE);
    return pixelsOf(context, SIDE);
  }
}
