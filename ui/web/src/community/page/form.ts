/** The limits that a person sets, as a form that remembers them in this browser. */
import { keptLimits, type Limits } from "../limits.ts";
import { SAYS } from "./machine.ts";

const PLACE = "mlabs-lend-limits";
const SILENT = {
  battery: "This browser does not say so: it cannot be heeded here.",
  network: "This browser does not say so: it cannot be heeded here.",
  awake: "This browser cannot do that.",
};

export class LimitsForm {
  private fields: Record<string, HTMLInputElement & HTMLSelectElement>;

  constructor(
    readonly form: HTMLFormElement,
    changed: () => void,
  ) {
    this.fields = Object.fromEntries([...form.elements].map((one) => [(one as HTMLInputElement).name, one])) as never;
    this.show(keptLimits(localStorage.getItem(PLACE)));
    for (const [what, says] of Object.entries(SAYS)) {
      if (says) continue;
      const hint = form.querySelector<HTMLElement>(`[data-says="${what}"]`)!;
      hint.textContent = SILENT[what as keyof typeof SILENT];
      hint.closest("label")!.querySelector("input")!.disabled = true;
    }
    form.addEventListener("input", () => {
      this.tell();
      localStorage.setItem(PLACE, JSON.stringify(this.limits));
      changed();
    });
    this.tell();
    form.hidden = false;
  }

  private show({ share, graphics, charging, unmetered, hours, awake }: Limits): void {
    const { fields } = this;
    fields.share.value = String(share);
    for (const [name, value] of Object.entries({ graphics, charging, unmetered, awake, timed: hours !== null }))
      fields[name].checked = value;
    const { from, to } = hours ?? { from: 22, to: 6 };
    fields.from.value = String(from);
    fields.until.value = String(to);
  }

  private tell(): void {
    this.form.querySelector("[data-share]")!.textContent = `${this.fields.share.value} %`;
    for (const name of ["from", "until"]) this.fields[name].disabled = !this.fields.timed.checked;
  }

  get limits(): Limits {
    const { share, graphics, charging, unmetered, timed, from, until, awake } = this.fields;
    return {
      share: Number(share.value),
      ...{ graphics: graphics.checked, awake: awake.checked && !awake.disabled },
      ...{ charging: charging.checked && !charging.disabled, unmetered: unmetered.checked && !unmetered.disabled },
      hours: timed.checked ? { from: Number(from.value), to: Number(until.value) } : null,
    };
  }
}
