/** What a browser says of the machine that it runs on: its battery, its network, its screen. */
import type { Facts } from "../limits.ts";

interface Battery extends EventTarget {
  charging: boolean;
}

interface Connection extends EventTarget {
  saveData?: boolean;
  type?: string;
}

type Talking = Navigator & { getBattery?: () => Promise<Battery>; connection?: Connection };

const { getBattery, connection } = navigator as Talking;
export const SAYS = {
  battery: getBattery !== undefined,
  network: connection !== undefined,
  awake: "wakeLock" in navigator,
};

export class Machine {
  private battery: Battery | null = null;
  private lock: WakeLockSentinel | null = null;
  private awake = false;

  /** `changed` hears of a cable that is pulled, or a network that is another. */
  constructor(private changed: () => void) {
    connection?.addEventListener("change", changed);
    // A lock ends whenever the tab is hidden.
    document.addEventListener("visibilitychange", () => void this.hold());
  }

  async look(): Promise<void> {
    if (this.battery || !getBattery) return;
    this.battery = await getBattery.call(navigator).catch(() => null);
    this.battery?.addEventListener("chargingchange", this.changed);
  }

  get facts(): Facts {
    const metered = connection ? connection.saveData === true || connection.type === "cellular" : null;
    return { charging: this.battery?.charging ?? null, metered };
  }

  /** Keeps the screen on, or lets it go dark again. */
  async keepAwake(awake: boolean): Promise<void> {
    this.awake = awake;
    if (awake) return this.hold();
    const { lock } = this;
    this.lock = null;
    await lock?.release();
  }

  private async hold(): Promise<void> {
    if (!this.awake || document.hidden || (this.lock && !this.lock.released)) return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      if (this.awake) this.lock = lock;
      else await lock.release();
    } catch (error) {
      // A browser may refuse, with a battery that is nearly empty: the work goes on without.
      if (!(error instanceof DOMException)) throw error;
    }
  }
}
