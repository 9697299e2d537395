/** A camera of this computer. What it sees stays in the page, and it goes off when it is not needed. */
const REFUSED: Record<string, string> = {
  SecurityError: "Browsers let no page use a camera that came over plain http. Open this site by an address that begins with https",
  NotAllowedError: "The camera is not allowed here. Allow it beside the address of this page and switch it on again",
  NotFoundError: "No camera was found. Connect one",
  NotReadableError: "The camera is in use elsewhere. Close what uses it and switch it on again",
};

export class Lens {
  readonly video = document.createElement("video");
  private asked = 0;

  /** `instead` says what else people can do; `changed` is told when it goes on or off, and why it did not. */
  constructor(
    private instead: string,
    private changed: (said: string) => void,
  ) {
    Object.assign(this.video, { muted: true, playsInline: true, hidden: true });
    this.video.setAttribute("aria-label", "What the camera sees");
  }

  get on(): boolean {
    return Boolean(this.video.srcObject);
  }

  async start(): Promise<void> {
    const mine = ++this.asked;
    try {
      // Browsers have no cameras for pages that come over plain HTTP.
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
      // It was switched off, or the page left, while the person was asked.
      if (mine !== this.asked) return end(stream);
      this.video.srcObject = stream;
      stream.getVideoTracks()[0].addEventListener("ended", () => this.stop("The camera went off."));
      await this.video.play();
      this.tell("");
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (mine === this.asked) this.stop(`${REFUSED[error.name] ?? "The camera could not be started. Try again"}, or ${this.instead}.`);
    }
  }

  stop(said = ""): void {
    this.asked += 1;
    end(this.video.srcObject as MediaStream | null);
    this.video.srcObject = null;
    this.tell(said);
  }

  /** The middle of what it sees, as large as it fits into these proportions; null while it sees nothing. */
  seen(width: number, height: number): [x: number, y: number, width: number, height: number] | null {
    const { videoWidth, videoHeight } = this.video;
    if (!this.on || !videoWidth) return null;
    const scale = Math.min(videoWidth / width, videoHeight / height);
    const [w, h] = [width * scale, height * scale];
    return [(videoWidth - w) / 2, (videoHeight - h) / 2, w, h];
  }

  private tell(said: string): void {
    this.video.hidden = !this.on;
    this.changed(said);
  }
}

function end(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
