/** Which inputs of models are pictures. */
import type { Tensor } from "./protocol";

export interface Looks {
  height: number;
  width: number;
  channels: number;
}

/** How an input looks as a picture; null where it is none. */
export function looks(tensor: Tensor): Looks | null {
  const [, height, width, channels] = tensor.shape;
  const fits = tensor.shape.length === 4 && (channels === 1 || channels === 3);
  return fits && height && width ? { height, width, channels } : null;
}
