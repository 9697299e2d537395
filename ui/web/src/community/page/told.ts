/** What a lent tab says: its state, what it did, and what came of it, which this browser alone keeps. */
import { lasting } from "../../pages/islands/time.ts";
import { h } from "../../trainer/view/dom.ts";
import { added, keptAccount, NOTHING, type Account } from "../account.ts";
import type { Done } from "../state.ts";

const PLACE = "mlabs-lend-account";
/** Lines that stay. */
const MOST = 100;

export class Told {
  private account: Account = keptAccount(localStorage.getItem(PLACE));

  constructor(private place: HTMLElement) {
    this.find("[data-forget]").addEventListener("click", () => this.keep(NOTHING));
    this.thank();
  }

  private find<E extends HTMLElement>(selector: string): E {
    return this.place.querySelector<E>(selector)!;
  }

  /** The first is read out wherever it changes. */
  state(words: string, detail: string): void {
    this.find("[data-lend-state]").hidden = false;
    const line = this.find("[data-state]");
    if (line.textContent !== words) line.textContent = words;
    this.find("[data-detail]").textContent = detail;
  }

  /** How many epochs of a part are done; null where there is none. */
  epochs(done: number, all: number | null): void {
    const meter = this.find<HTMLProgressElement>("[data-epochs]");
    meter.hidden = all === null;
    if (all !== null) Object.assign(meter, { value: done, max: all });
  }

  log(words: string): void {
    this.find("[data-log]").hidden = false;
    const lines = this.find("[data-lines]");
    const now = new Date();
    const time = h("time", { datetime: now.toISOString() }, now.toLocaleTimeString());
    lines.prepend(h("li", {}, time, ` ${words}`));
    while (lines.childElementCount > MOST) lines.lastElementChild?.remove();
  }

  done(part: Done): void {
    this.keep(added(this.account, part));
  }

  private keep(account: Account): void {
    this.account = account;
    localStorage.setItem(PLACE, JSON.stringify(account));
    this.thank();
  }

  private thank(): void {
    const { slices, epochs, seconds, networks, ended, people } = this.account;
    this.find("[data-thanks]").hidden = slices === 0;
    const facts = {
      "Parts of trainings": String(slices),
      "For how many people": String(people.length),
      "Networks helped": String(networks),
      "Finished here": String(ended),
      "Epochs": epochs.toLocaleString("en"),
      "Time computed": lasting(seconds * 1000),
    };
    const shown = Object.entries(facts).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
    this.find("[data-account]").replaceChildren(...shown);
  }
}
