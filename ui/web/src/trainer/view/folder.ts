/** Pictures by folders: what a folder is called is the class of the pictures in it. */
import type { Pictures } from "../data/pictures.ts";
import { Problem } from "../problem.ts";

export const SIDE = 32;
const MOST = 5_000;

/** The class of a file by the folder that it lies in; empty where it lies in the chosen folder itself. */
export function classOf(path: string): string {
  const parts = path.split("/").filter(Boolean);
  return parts.length > 2 ? parts[parts.length - 2] : "";
}

/** Pixels of what is drawn on a canvas, from 0 to 1, in colors. */
export function pixelsOf(context: OffscreenCanvasRenderingContext2D, side: number): Float32Array {
  const { data } = context.getImageData(0, 0, side, side);
  const pixels = new Float32Array(side * side * 3);
  for (let at = 0; at < side * side; at++)
    for (let channel = 0; channel < 3; channel++) pixels[at * 3 + channel] = data[at * 4 + channel] / 255;
  return pixels;
}

/** The middle square of a picture, made small. */
export async function small(file: File): Promise<Float32Array | null> {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return null;
  const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  const edge = Math.min(bitmap.width, bitmap.height);
  context?.drawImage(bitmap, (bitmap.width - edge) / 2, (bitmap.height - edge) / 2, edge, edge, 0, 0, SIDE, SIDE);
  bitmap.close();
  return context ? pixelsOf(context, SIDE) : null;
}

export async function fromFolder(files: File[]): Promise<Pictures> {
  const found = files.filter((file) => file.type.startsWith("image/") && classOf(file.webkitRelativePath));
  if (!found.length) {
    throw new Problem(
      "No pictures in folders were found.",
      "Choose a folder that holds one folder for each class, with the pictures in them: pets/cat/1.jpg, pets/dog/1.jpg.",
    );
  }
  if (found.length > MOST)
    throw new Problem(
      `There are ${found.length} pictures; ${MOST} can be held here.`,
      "Choose a folder with fewer of each class.",
    );
  const pictures: Pictures = { shape: [SIDE, SIDE, 3], pixels: [], labels: [] };
  for (const file of found) {
    const pixels = await small(file);
    if (!pixels) continue;
    pictures.pixels.push(pixels);
    pictures.labels.push(classOf(file.webkitRelativePath));
  }
  if (pictures.labels.length) return pictures;
  throw new Problem("None of the pictures could be read.", "Use PNG, JPEG, WebP or GIF.");
}
