/** Asking a training: what is wrong is said, but one that was ended answers nothing more, and nobody waits for it. */
import { problem } from "./parts.ts";

/** Does it; `show` gets what is wrong, while `current` says that it is still the one that was asked. */
export async function asking(
  current: () => boolean,
  show: (what: HTMLElement) => void,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (current()) show(problem(error));
  }
}
