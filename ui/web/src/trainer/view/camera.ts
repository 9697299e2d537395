/** Snapshots of a camera. They stay in the page, and the camera goes off when it is not needed. */
import { button, h, redraw } from "./dom.ts";
import { pixelsOf, SIDE } from "./folder.ts";
import type { Source } from "./drawn.ts";

const REFUSED: Record<string, string> = {
  NotAllowedError: "The camera is not allowed here. Allow it beside the address of this page, and switch it on again.",
  NotFoundError: "No camera was found. Connect one, or use pictures in folders.",
  NotReadableError: "The camera is in use elsewhere. Close what uses it, and switch it on again.",
};

export class Camera implements Source {
  readonly element = h("div", { class: "stack stack--tight" });
  private video = h("video", {
    class: "camera",
    muted: true,
    playsinline: true,
    "aria-label": "What the camera sees",
    hidden: true,
  });
  private control = h("div", {});
  private said = h("p", { class: "small muted", role: "status" });

  constructor() {
    this.element.append(this.video, this.control, this.said);
    this.offer();
  }

  private offer(): void {
    const on = Boolean(this.video.srcObject);
    this.video.hidden = !on;
    redraw(
      this.control,
      button(on ? "Switch the camera off" : "Switch the camera on", () => (on ? this.end() : void this.begin()), {
        id: "camera",
      }),
    );
  }

  private async begin(): Promise<void> {
    try {
      // Browsers have no cameras for pages that come over plain HTTP.
      if (!navigator.mediaDevices) throw new DOMException("", "NotAllowedError");
      this.video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } });
      await this.video.play();
      this.said.textContent = "";
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.said.textContent = REFUSED[error.name] ?? "The camera could not be started. Use pictures in folders.";
    }
    this.offer();
  }

  private end(): void {
    const stream = this.video.srcObject as MediaStream | null;
    for (const track of stream?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
    this.offer();
  }

  take(): Float32Array | string {
    const { videoWidth: width, videoHeight: height } = this.video;
    const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
    if (!this.video.srcObject || !width || !context) return "Switch the camera on first.";
    const edge = Math.min(width, height);
    context.drawImage(this.video, (width - edge) / 2, (height - edge) / 2, edge, edge, 0, 0, SIDE, SIDE);
    return pixelsOf(context, SIDE);
  }
}
