/** In which ways the columns of a table can be looked at, and which one is proposed. */
import { numberOf, type Column } from "./columns.ts";
import type { Table } from "./csv.ts";
import { worthReading } from "./textual.ts";

/** How the columns lie: side by side, as the pixels of a picture, one after the other in time; or one is read as a text. */
export const LAYOUTS = ["columns", "picture", "series", "text"] as const;
export type Layout = (typeof LAYOUTS)[number];

/** How a table can be looked at: pixels need a square of numbers that are never negative. */
export function layouts(table: Table, columns: Column[]): Layout[] {
  const features = columns.filter((column) => column.kind !== "text");
  const text = columns.some((column) => column.kind === "text");
  const all = features.length >= 3 && features.every((column) => column.kind === "number");
  const side = Math.sqrt(features.length);
  const square = all && Number.isInteger(side) && side >= 4;
  const dark =
    square && table.rows.slice(0, 200).every((row) => features.every((one) => !(numberOf(row[one.index]) < 0)));
  const found: Layout[] = features.length || !text ? ["columns"] : [];
  if (dark) found.push("picture");
  if (all) found.push("series");
  if (text) found.push("text");
  return found;
}

/** The one that is there already, or another where it does not fit any more. */
export function fittingLayout(table: Table, columns: Column[], layout: Layout): Layout {
  const found = layouts(table, columns);
  return found.includes(layout) ? layout : found[0];
}

/** The picture is proposed where the columns are called after what pictures have, or are many; a text where it is long. */
export function proposedLayout(table: Table, features: Column[]): Layout {
  const text = features.find((column) => column.kind === "text");
  if (text && (features.length === 1 || worthReading(table, text))) return "text";
  const named = features.some((column) => /^(pixel|px|p)[ _-]?\d/i.test(column.name));
  return layouts(table, features).includes("picture") && (named || features.length >= 36) ? "picture" : "columns";
}

export function shapeOf(layout: Layout, width: number): number[] {
  if (layout === "picture") return [Math.sqrt(width), Math.sqrt(width), 1];
  return layout === "series" ? [width, 1] : [width];
}
