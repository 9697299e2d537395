/** Names that other extensions, settings and tests may rely on. */

export const PLUGIN = {
  labs: 'mlabs-labextension:labs',
  share: 'mlabs-labextension:share',
  fork: 'mlabs-labextension:fork',
  history: 'mlabs-labextension:history',
  runAll: 'mlabs-labextension:run-all'
} as const;

export const COMMAND = {
  share: 'mlabs:share',
  fork: 'mlabs:fork',
  history: 'mlabs:history'
} as const;

/** Items of the notebook toolbar, placed by schema/share.json. */
export const TOOLBAR = {
  state: 'mlabs-state',
  fork: 'mlabs-fork'
} as const;

export const HISTORY_PANEL = 'mlabs-history';
