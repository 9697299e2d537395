/** The form: a field for each input, a drawing pad where one is a picture, and the button that runs the model. */
import type { Meta } from "../../trainer/given/about.ts";
import { described, meaning } from "./described";
import { make } from "./dom";
import { field, type Field } from "./fields";
import { named } from "./named";
import { batch, first, given } from "./numbers";
import type { About, Numbers, Taken } from "./protocol";
import { answer, show } from "./results";
import { Runner } from "./runner";

export class Form {
  private fields: Field[];
  private meta: Meta | null;
  private running = Promise.resolve();
  private taken: Taken | null = null;
  private button = make("button", { type: "button", className: "trial__run", textContent: "Run the model" });
  private stop = make("button", { type: "button", textContent: "Stop", hidden: true });
  private status = make("p", { className: "trial__status" });
  private results = make("div", { className: "trial__results" });
  private runner = new Runner((what) => (this.status.textContent = `${what}…`));

  constructor(main: HTMLElement, private about: About) {
    const spoiled = (): void => this.results.replaceChildren();
    this.meta = described(about);
    const known = this.meta && named(this.meta, about.inputs[0].shape);
    const several = about.inputs.length > 1;
    this.fields = known ? [known] : about.inputs.map((tensor, index) => field(tensor, about.format, index, several, spoiled));
    // A form could not be submitted in here: the sandbox has that forbidden.
    const form = make("div", { className: "trial__form" });
    const row = make("p", { className: "trial__row" });
    row.append(this.button, this.stop);
    this.status.setAttribute("role", "status");
    form.append(...this.fields.map(({ element }) => element), row);
    this.button.addEventListener("click", () => (this.running = this.run()));
    this.stop.addEventListener("click", () => this.runner.stop());
    main.replaceChildren(form, this.status, this.results);
  }

  /** Has the model look at a picture, after what it does just now; of several only at the last. */
  async take(taken: Taken): Promise<void> {
    const waiting = this.taken !== null;
    this.taken = taken;
    if (waiting) return;
    await this.running;
    const { input, picture } = this.taken;
    this.taken = null;
    this.fields[input]?.show?.(picture);
    this.running = this.run();
  }

  private async run(): Promise<void> {
    this.busy(true);
    this.status.classList.remove("trial__status--wrong");
    try {
      const { inputs: tensors, format } = this.about;
      const inputs: Numbers[] = tensors.map((tensor, index) => given(tensor, format, this.fields[index].read()));
      const { outputs, seconds } = await this.runner.predict(inputs, tensors.map(({ dtype }) => dtype));
      const many = Math.max(1, ...tensors.map((tensor) => batch(tensor, format)));
      const said = outputs.map((output) => first(output, many));
      if (this.meta) answer(this.results, meaning(this.meta, said[0]), seconds);
      else show(this.results, said, seconds);
      this.status.textContent = "";
    } catch (error) {
      this.status.textContent = error instanceof Error ? error.message : String(error);
      this.status.classList.add("trial__status--wrong");
      this.results.replaceChildren();
    }
    this.busy(false);
  }

  private busy(now: boolean): void {
    this.button.disabled = now;
    this.stop.hidden = !now;
  }
}
