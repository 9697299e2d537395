/** Reads numbers as people write them: a CSV row, a column, JSON, with whatever stands between them. */
import type { Numbers, Tensor } from "./protocol";

/** More zeros than these are not written into a field beforehand. */
const MOST = 10_000;

/** How many examples a model takes at once, where that is fixed; a graph has no examples, but whole tensors. */
export function batch({ shape }: Tensor, format: string): number {
  return shape.length > 1 && shape[0] && !format.includes("graph") ? shape[0] : 1;
}

/** The sizes of what is written for an input: of one example, or all of a tensor that has none. */
function written(tensor: Tensor, format: string): (number | null)[] {
  const { shape } = tensor;
  const examples = shape[0] === null || (shape.length > 1 && shape[0] === batch(tensor, format));
  return examples ? shape.slice(1) : shape;
}

const product = (sizes: (number | null)[]): number => sizes.reduce<number>((all, size) => all * (size ?? 1), 1);
const free = (sizes: (number | null)[]): number => sizes.filter((size) => size === null).length;

/** What a model takes of what was written: free sizes are as the numbers say, and one example fills a fixed batch. */
export function given(tensor: Tensor, format: string, values: number[]): Numbers {
  const sizes = written(tensor, format);
  const [count, known] = [values.length, product(sizes)];
  if (free(sizes) > 1) throw new Error("This input has more than one size that is free; use the code beside this form.");
  if (free(sizes) === 1 && (known === 0 || count % known || !count))
    throw new Error(`The model takes a multiple of ${known} numbers, and these are ${count}.`);
  if (free(sizes) === 0 && count !== known) throw new Error(counted(known, count));
  const whole = sizes.map((size) => size ?? count / known);
  if (sizes.length === tensor.shape.length) return { name: tensor.name, values, shape: whole };
  const many = batch(tensor, format);
  const all = many === 1 ? values : Array.from({ length: many * count }, (_, at) => values[at % count]);
  return { name: tensor.name, values: all, shape: [many, ...whole] };
}

/** The answer for the first of so many alike examples. */
export function first(output: Numbers, many: number): Numbers {
  if (many === 1 || output.shape[0] !== many) return output;
  const shape = [1, ...output.shape.slice(1)];
  return { ...output, shape, values: output.values.slice(0, product(shape)) };
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

/** What a field holds before anybody wrote into it: zeros that the model takes; empty where they are too many. */
export function preset(tensor: Tensor, format: string): string {
  const count = product(written(tensor, format));
  return count > MOST ? "" : Array(count).fill(0).join(", ");
}

/** What is to be written, in words. */
export function wanted(tensor: Tensor, format: string): string {
  const sizes = written(tensor, format);
  const count = free(sizes) ? null : product(sizes);
  const form = sizes.length > 1 ? ` (${sizes.map((size) => size ?? "n").join(" × ")})` : "";
  const many = batch(tensor, format);
  const alike = many === 1 ? "" : ` This model takes ${many} examples at once: yours is given ${many} times, and the first answer is shown.`;
  return `${count === null ? "Numbers" : count === 1 ? "One number" : `${count} numbers`}${form}, as a row of a CSV file or a list.${alike}`;
}
