/** A tab that is lent: nothing begins before Start, and all of it ends with Stop. */
import { own } from "../../pages/islands/own.ts";
import { Lender } from "../lender.ts";
import { held, type Limits } from "../limits.ts";
import { OFF, type Options, type State } from "../state.ts";
import { LimitsForm } from "./form.ts";
import { Machine } from "./machine.ts";
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
  private lender: Lender;
  /** Whether its person wants it to be lent, and whether anything runs for that. */
  private wanted = false;
  private begun = false;
  private state: State = OFF;
  private told: Told;
  private limits: LimitsForm;
  private machine = new Machine(() => this.heed());
  private start: HTMLButtonElement;
  private stop: HTMLButtonElement;

  constructor(root: HTMLElement, form: HTMLFormElement) {
    const { community, worker } = root.dataset;
    this.lender = new Lender({ script: worker!, api: community!, xsrf: own({})["X-XSRFToken"] ?? "" });
    this.lender.on((state) => this.begun && this.hear(state));
    this.told = new Told(root);
    this.limits = new LimitsForm(form, () => this.heed());
    this.start = form.querySelector("[data-start]")!;
    this.stop = form.querySelector("[data-stop]")!;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.begin();
    });
    this.stop.addEventListener("click", () => void this.end());
  }

  private async begin(): Promise<void> {
    if (this.wanted) return;
    this.wanted = true;
    this.turn({ ...OFF, phase: "starting" });
    this.stop.focus({ preventScroll: true });
    this.told.log("Started.");
    await this.machine.look();
    this.heed();
  }

  /** What was set, or what the machine says of itself, is another now. */
  private heed(): void {
    if (!this.wanted) return;
    const { limits } = this.limits;
    const why = held(limits, this.machine.facts);
    void this.machine.keepAwake(limits.awake);
    if (!this.begun) return why ? this.turn({ ...OFF, phase: "paused", why }) : this.lend(optionsOf(limits));
    this.lender.limit(optionsOf(limits));
    if (why) this.lender.pause(why);
    else this.lender.resume();
  }

  private lend(options: Options): void {
    this.begun = true;
    this.lender.start(options);
  }

  private hear(state: State): void {
    if (state.last && state.last !== this.state.last && state.done > this.state.done) {
      this.told.done(state.last);
      this.told.log(detail.done(state.last));
    }
    if (state.phase === "failed") return void this.end(words(state));
    this.turn(state);
  }

  private async end(why = `Stopped. Nothing runs.${this.state.done ? " Thank you for lending." : ""}`): Promise<void> {
    if (!this.wanted) return;
    this.wanted = this.begun = false;
    this.told.state("Stopping.", "");
    await Promise.all([this.lender.stop(), this.machine.keepAwake(false)]);
    this.turn(OFF, why);
    this.start.focus({ preventScroll: true });
  }

  private turn(state: State, why = ""): void {
    if (why || (state.why && state.why !== this.state.why)) this.told.log(why || state.why);
    this.state = state;
    this.start.hidden = this.wanted;
    this.stop.hidden = !this.wanted;
    this.told.state(why || words(state), detail.doing(state));
    this.told.epochs(state.job ? state.job.epoch - state.job.from : 0, state.job && state.job.to - state.job.from);
  }
}
