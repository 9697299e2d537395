/** Fields by the names of columns, in the units of the data; or one for a text. */
import type { Meta } from "../../trainer/given/about.ts";
import type { Input } from "../../trainer/data/inputs.ts";
import { records } from "../../trainer/data/csv.ts";
import { hint, inputsOf, row, short, textRow } from "./described";
import { make } from "./dom";
import type { Field } from "./fields";

/** More columns than these are written as a row. */
const MOST = 40;

/** Null where there is nothing to name, as of pictures. */
export function named(meta: Meta, shape: (number | null)[]): Field | null {
  if (meta.text) return texts(meta.text);
  const columns = inputsOf(meta);
  if (!columns.length || shape.length === 4) return null;
  return columns.length > MOST ? line(columns) : each(columns);
}

function texts(text: NonNullable<Meta["text"]>): Field {
  const { element, area } = writing(text.name, `A text, of which the first ${text.length} words are read.`);
  return { element, read: () => textRow(text, area.value) };
}

/** A row of a CSV file. */
function line(columns: Input[]): Field {
  const first = columns.map(({ kind, fill, kinds }) => (kind === "number" ? short(fill) : (kinds[0] ?? "")));
  const names = columns.map(({ name }) => name);
  const { element, area } = writing(`One row of ${columns.length} columns`, `Separated by commas, in this order: ${names.join(", ")}.`);
  area.value = first.join(",");
  const read = (): number[] => {
    const [cells = []] = records(area.value.trim(), ",");
    if (cells.length !== columns.length) throw new Error(`The row has ${cells.length} values, and ${columns.length} are needed.`);
    return row(columns, cells);
  };
  return { element, read };
}

function writing(label: string, words: string): { element: HTMLElement; area: HTMLTextAreaElement } {
  const element = make("div", { className: "trial__field" });
  const area = make("textarea", { id: "input-0", rows: 3, maxLength: 20_000 });
  area.setAttribute("aria-describedby", "hint-0");
  const said = make("p", { className: "trial__hint", id: "hint-0", textContent: words });
  element.append(make("label", { htmlFor: area.id, textContent: label }), area, said);
  return { element, area };
}

function each(columns: Input[]): Field {
  const element = make("div", { className: "trial__columns" });
  const controls = columns.map((column) => {
    const field = make("div", { className: "trial__field" });
    const id = `column-${column.index}`;
    const control = column.kind === "category" ? choice(column) : make("input", { type: "text", inputMode: "decimal", value: short(column.fill) });
    control.id = id;
    field.append(make("label", { htmlFor: id, textContent: column.name }), control);
    if (column.kind === "number") {
      control.setAttribute("aria-describedby", `${id}-hint`);
      field.append(make("p", { className: "trial__hint", id: `${id}-hint`, textContent: hint(column) }));
    }
    element.append(field);
    return control;
  });
  return { element, read: () => row(columns, controls.map(({ value }) => value)) };
}

function choice({ kinds }: Input): HTMLSelectElement {
  const made = make("select", {});
  made.append(...kinds.map((kind) => new Option(kind, kind)), new Option("another, or not known", ""));
  return made;
}
