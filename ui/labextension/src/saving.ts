/** Saving all that is open, before the server goes. */

import type { CommandRegistry } from '@lumino/commands';

const SAVE_ALL = 'docmanager:save-all';

/** Save every open document; what cannot be saved is left to JupyterLab, which asks the person. */
export async function saveAll(commands: CommandRegistry): Promise<void> {
  if (commands.hasCommand(SAVE_ALL) && commands.isEnabled(SAVE_ALL)) {
    await commands.execute(SAVE_ALL);
  }
}
