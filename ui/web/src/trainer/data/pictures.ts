/** Pictures, prepared for training. */
import { USUAL } from "./form.ts";
import { Problem } from "../problem.ts";
import { part, type Part, type Prepared, type Write } from "./prepared.ts";
import { split, type Shares } from "./split.ts";

/** Pictures of a folder, a pad or a camera: pixels from 0 to 1, one after the other, and what each shows. */
export interface Pictures {
  shape: [height: number, width: number, channels: number];
  pixels: Float32Array[];
  labels: string[];
}

export function preparePictures(pictures: Pictures, shares: Shares, seed: number): Prepared {
  const classes = [...new Set(pictures.labels)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (classes.length < 2)
    throw new Problem(
      "All pictures are of one class, so there is nothing to tell apart.",
      "Add pictures of a second class.",
    );
  const few = classes.find((name) => pictures.labels.filter((label) => label === name).length < 3);
  if (few !== undefined)
    throw new Problem(
      `“${few}” has fewer than three pictures.`,
      "Each class needs one at least for training, validation and test: add some, or leave the class out.",
    );
  const parts = split([...pictures.labels.keys()], shares, seed, (row) => pictures.labels[row]);
  const width = pictures.shape.reduce((all, size) => all * size, 1);
  const example: Write = (row, into, at) => into.set(pictures.pixels[row], at);
  const truth: Write = (row, into, at) =>
    void (into[at + classes.indexOf(pictures.labels[row])] = 1);
  const made = (rows: number[]): Part => part(rows, width, classes.length, example, truth);
  return {
    task: "classes",
    target: "class",
    classes,
    shape: [...pictures.shape],
    width,
    inputs: [],
    text: null,
    mean: 0,
    deviation: 1,
    form: USUAL,
    train: made(parts.train),
    validation: made(parts.validation),
    test: made(parts.test),
  };
}
