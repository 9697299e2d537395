/** Cells that make numbers of the data in a notebook, the same as the browser made. */
import { isMissing, numberOf, type Column } from "../data/columns.ts";
import type { Table } from "../data/csv.ts";
import type { Layout } from "../data/layouts.ts";
import type { Prepared } from "../data/prepared.ts";
import type { Reading } from "../data/vocabulary.ts";
import { code, type Cell } from "./cells.ts";
import { list, text } from "./python.ts";
import { encoding } from "./texts.ts";

const PLAIN = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
/** What is a number to Python alone. */
const PYTHONS = /^[-+]?(inf|infinity)$|\d_\d/i;

const SIMPLE = `
def number(cell):
    """The number in a cell; NaN where there is none."""
    try:
        return float(cell)
    except ValueError:
        return np.nan`;

const ANY = `
import re


def number(cell):
    """The number in a cell, also with a decimal comma, thousands or a percent sign; NaN where there is none."""
    plain = re.sub("[ \\u00a0\\u202f']", "", cell).removesuffix("%")
    if re.fullmatch(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\\.[0-9]+)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"[-+]?[0-9]{1,3}(\\.[0-9]{3})+,[0-9]+", plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[-+]?[0-9]*,[0-9]+([eE][-+]?[0-9]+)?", plain):
        plain = plain.replace(",", ".")
    known = re.fullmatch(r"[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?", plain)
    return float(plain) if known and np.isfinite(float(plain)) else np.nan`;

/** A cell that reads numbers as the browser does: in the simplest way that is the same for all of these. */
export function numbers(table: Table, columns: Column[]): Cell {
  const same = columns.every(({ index }) => table.rows.every((row) => alike(row[index])));
  return code("numbers", same ? SIMPLE : ANY);
}

function alike(cell: string): boolean {
  if (PLAIN.test(cell)) return Number.isFinite(Number(cell));
  return isMissing(cell) || (Number.isNaN(numberOf(cell)) && !PYTHONS.test(cell));
}

export interface Looked {
  prepared: Prepared;
  layout: Layout;
  features: Column[];
  reading: Reading;
}

/** A cell that makes `x` of the columns, and `y` of the target. */
export function inputs(looked: Looked): Cell {
  const { prepared, layout, reading } = looked;
  const made =
    layout === "text" ? encoding(prepared, reading) : layout === "columns" ? byColumn(looked) : together(looked);
  return code("inputs", `${made}\n\n${outputs(looked.prepared)}`);
}

function byColumn({ prepared, features }: Looked): string {
  const how = prepared.inputs.map((input, place) =>
    input.kind === "category"
      ? `    ${text(input.name)}: ${list(input.kinds, input.name.length + 8)},`
      : `    ${text(input.name)}: ${text(features[place].scaling)},`,
  );
  return `# A number is scaled; of a category each kind is a column of ones and zeros.
FEATURES = {
${how.join("\n")}
}


def inputs(name, how):
    """A column as numbers. What they are scaled by, and what stands for missing ones, the training rows say."""
    cells = [row[names.index(name)] for row in rows]
    if isinstance(how, list):
        return np.array([[cell == kind for kind in how] for cell in cells])
    values = np.array([number(cell) for cell in cells])
    known = values[train][~np.isnan(values[train])]
    shift, spread = {
        "standard": (known.mean(), known.std()),
        "range": (known.min(), np.ptp(known)),
        "none": (0, 1),
    }[how]
    values = np.where(np.isnan(values), np.median(known), values)
    return ((values - shift) / (spread or 1))[:, np.newaxis]


x = np.hstack([inputs(name, how) for name, how in FEATURES.items()]).astype("float32")`;
}

function together({ prepared, layout, features }: Looked): string {
  const scaled = layout === "picture" ? "(values - low)" : "(values - (low + high) / 2) * 2";
  return `FEATURES = ${list(
    features.map(({ name }) => name),
    11,
  )}
places = [names.index(name) for name in FEATURES]
values = np.array([[number(row[place]) for place in places] for row in rows])
values = np.where(np.isnan(values), np.nanmedian(values[train], axis=0), values)

# All of them are measured alike, so that they keep their proportions.
low, high = values[train].min(), values[train].max()
x = (${scaled} / ((high - low) or 1)).reshape(-1, ${prepared.shape.join(", ")}).astype("float32")`;
}

/** A cell for pictures, which are numbers already. */
export function pixels(prepared: Prepared): Cell {
  return code("inputs", `x = pixels.astype("float32")\n\n${outputs(prepared)}`);
}

function outputs(prepared: Prepared): string {
  if (prepared.task === "classes")
    return 'y = np.array([[label == name for name in CLASSES] for label in labels], dtype="float32")\nx.shape, y.shape';
  return `mean, spread = wanted[train].mean(), wanted[train].std() or 1
y = ((wanted - mean) / spread).astype("float32")
x.shape, y.shape`;
}
