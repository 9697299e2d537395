/** Names that other extensions, settings and tests may rely on. */

export const PLUGIN = {
  labs: 'mlabs-labextension:labs',
  share: 'mlabs-labextension:share',
  fork: 'mlabs-labextension:fork',
  history: 'mlabs-labextension:history',
  watching: 'mlabs-labextension:watching',
  runAll: 'mlabs-labextension:run-all',
  background: 'mlabs-labextension:background',
  runtime: 'mlabs-labextension:runtime',
  limits: 'mlabs-labextension:limits',
  connection: 'mlabs-labextension:connection'
} as const;

export const COMMAND = {
  share: 'mlabs:share',
  fork: 'mlabs:fork',
  history: 'mlabs:history',
  background: 'mlabs:run-in-background',
  runtime: 'mlabs:runtime'
} as const;

/** Items of the notebook toolbar, placed by schema/share.json and schema/runtime.json. */
export const TOOLBAR = {
  runtime: 'mlabs-runtime',
  state: 'mlabs-state',
  watching: 'mlabs-watching',
  fork: 'mlabs-fork'
} as const;

/** What `%runtime` shows beside its text. */
export const RUNTIME_MIME = 'application/vnd.mlabs.runtime+json';

export const HISTORY_PANEL = 'mlabs-history';
