/** Saving: one save of a document after the other, and all that is open before the server goes. */

import type { CommandRegistry } from '@lumino/commands';

interface Saved {
  save: () => Promise<void>;
}

const IN_TURN = new WeakSet<Saved>();

/**
 * Let a document's saves wait for each other, those of JupyterLab's clock included.
 *
 * It takes one that begins while another is on its way for a change by somebody else, and asks whether to
 * overwrite or to load the file.
 */
export function saveInTurn(context: Saved): void {
  if (IN_TURN.has(context)) {
    return;
  }
  IN_TURN.add(context);
  const save = context.save.bind(context);
  let last: Promise<void> = Promise.resolve();
  context.save = () => (last = last.catch(() => undefined).then(save));
}

const SAVE_ALL = 'docmanager:save-all';

/** Save every open document; what cannot be saved is left to JupyterLab, which asks the person. */
export async function saveAll(commands: CommandRegistry): Promise<void> {
  if (commands.hasCommand(SAVE_ALL) && commands.isEnabled(SAVE_ALL)) {
    await commands.execute(SAVE_ALL);
  }
}
