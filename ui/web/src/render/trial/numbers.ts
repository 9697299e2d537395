/** Reads numbers as people write them: a CSV row, a column, JSON, with whatever stands between them. */
import type { Tensor } from "./protocol";

/** How many numbers one example has; sizes that are free count as the numbers say, where only one is. */
export function sizes(tensor: Tensor, count: number): number[] {
  const rest = tensor.shape.slice(1);
  const free = rest.filter((size) => size === null).length;
  const known = rest.reduce<number>((product, size) => product * (size ?? 1), 1);
  if (free > 1) throw new Error("This input has more than one size that is free; use the code beside this form.");
  if (free === 1 && (known === 0 || count % known || !count))
    throw new Error(`The model takes a multiple of ${known} numbers, and these are ${count}.`);
  if (free === 0 && count !== known) throw new Error(counted(known, count));
  return [tensor.shape[0] ?? 1, ...rest.map((size) => size ?? count / known)];
}

function counted(wanted: number, count: number): string {
  const verb = count === 1 ? "this is" : "these are";
  return `The model takes ${wanted === 1 ? "one number" : `${wanted} numbers`}, and ${verb} ${count}.`;
}

/** The numbers in a text. */
export function numbers(text: string): number[] {
  const words = text.replace(/[[\](){}]/g, " ").split(/[\s,;|]+/).filter(Boolean);
  return words.map((word) => {
    const value = Number(word.replace(/^["']|["']$/g, ""));
    if (!Number.isFinite(value)) throw new Error(`${word.slice(0, 40)} is not a number: write 0.5, with a point.`);
    return value;
  });
}

/** How many numbers of one example are known to be needed; null where a size is free. */
export function needed(tensor: Tensor): number | null {
  const rest = tensor.shape.slice(1);
  return rest.some((size) => size === null) ? null : rest.reduce<number>((product, size) => product * (size ?? 1), 1);
}
