/** A field for one column of an example of one's own, which says where what is written there cannot be taken as it is. */
import { inForm, type Form } from "../data/form.ts";
import { doubt, type Input } from "../data/inputs.ts";
import { h } from "./dom.ts";

/** Changes its cell among `cells`, and tells so; `form` is how its column writes numbers. */
export function filling(input: Input, form: Form, cells: string[], changed: () => void): HTMLElement {
  const id = `own-${input.index}`;
  const label = h("label", { for: id }, input.name);
  const control = input.kind === "category" ? choice(id, input, cells[input.index]) : written(id, input, form, cells[input.index]);
  const said = h("p", { class: "hint field__doubt", id: `${id}-doubt` });
  const judge = (): void => {
    const words = doubt(input, control.value, form);
    said.textContent = words;
    if (words) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  control.addEventListener("input", () => {
    cells[input.index] = control.value;
    judge();
    changed();
  });
  judge();
  return h("div", { class: "field" }, label, control, said);
}

function choice(id: string, { kinds }: Input, cell: string): HTMLSelectElement {
  return h("select", { id }, ...kinds.map((kind) => h("option", { value: kind, selected: kind === cell }, kind)));
}

function written(id: string, { low, high }: Input, form: Form, cell: string): HTMLInputElement {
  return h("input", {
    id,
    inputmode: "decimal",
    autocomplete: "off",
    value: cell ?? "",
    placeholder: `${inForm(low, form)} to ${inForm(high, form)}`,
    "aria-describedby": `${id}-doubt`,
  });
}
