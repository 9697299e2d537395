/** A tab that is lent: nothing begins before Start, and all of it ends with Stop. */
import { own } from "../../pages/islands/own.ts";
import { Lending } from "../lending.ts";
import { held, type Limits } from "../limits.ts";
import { OFF, type Options, type State } from "../state.ts";
import { LimitsForm } from "./form.ts";
import { Machine } from "./machine.ts";
import { workerThread } from "./thread.ts";
import { Told } from "./told.ts";
import { detail, words } from "./wording.ts";

export function lendTab(root: HTMLElement): void {
  const form = root.querySelector<HTMLFormElement>("[data-lend]");
  if (form) new LentTab(root, form);
}

function optionsOf({ share, graphics, hours }: Limits): Options {
  return { share: share / 100, graphics, hours };
}

class LentTab {
  private lending: Lending | null = null;
  private state: State = OFF;
  private told: Told;
  private limits: LimitsForm;
  private machine = new Machine(() => this.heed());
  private start: HTMLButtonElement;
  private stop: HTMLButtonElement;

  constructor(
    private root: HTMLElement,
    form: HTMLFormElement,
  ) {
    this.told = new Told(root);
    this.limits = new LimitsForm(form, () => this.heed());
    this.start = form.querySelector("[data-start]")!;
    this.stop = form.querySelector("[data-stop]")!;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.begin();
    });
    this.stop.addEventListener("click", () => void this.end());
    window.addEventListener("pagehide", () => void this.lending?.stop());
  }

  private async begin(): Promise<void> {
    if (this.lending) return;
    const { community, worker } = this.root.dataset;
    const place = { api: community!, kind: "tab" as const, own: own({}) };
    const heard = (state: State): void => void (this.lending === lending && this.hear(state));
    const lending = new Lending(place, optionsOf(this.limits.limits), workerThread(worker!), heard);
    this.lending = lending;
    this.show();
    this.stop.focus({ preventScroll: true });
    this.told.log("Started.");
    await this.machine.look();
    if (this.lending !== lending) return;
    this.heed();
    await lending.run();
  }

  /** What was set, or what the machine says of itself, is another now. */
  private heed(): void {
    const { lending } = this;
    if (!lending) return;
    const { limits } = this.limits;
    lending.limit(optionsOf(limits));
    const why = held(limits, this.machine.facts);
    if (why) lending.pause(why);
    else lending.resume();
    void this.machine.keepAwake(limits.awake);
  }

  private hear(state: State): void {
    const before = this.state;
    this.state = state;
    if (state.last && state.last !== before.last) {
      this.told.done(state.last);
      this.told.log(detail.done(state.last));
    }
    if (state.phase !== before.phase && state.why) this.told.log(state.why);
    if (state.phase === "failed") return void this.end(words(state));
    this.show();
  }

  private async end(why = "Stopped. Nothing runs."): Promise<void> {
    const { lending } = this;
    if (!lending) return;
    this.lending = null;
    this.state = OFF;
    this.told.log(why);
    this.show(why);
    this.start.focus({ preventScroll: true });
    await Promise.all([lending.stop(), this.machine.keepAwake(false)]);
  }

  private show(why = ""): void {
    const { state, lending } = this;
    this.start.hidden = lending !== null;
    this.stop.hidden = lending === null;
    this.told.state(why || words(state), detail.doing(state));
    this.told.epochs(state.job ? state.job.epoch - state.job.from : 0, state.job && state.job.to - state.job.from);
  }
}
