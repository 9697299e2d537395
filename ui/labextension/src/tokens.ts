/** Names that other extensions, settings and tests may rely on. */

export const PLUGIN = {
  labs: 'mlabs-labextension:labs',
  share: 'mlabs-labextension:share',
  fork: 'mlabs-labextension:fork',
  history: 'mlabs-labextension:history',
  runAll: 'mlabs-labextension:run-all',
  background: 'mlabs-labextension:background',
  runtime: 'mlabs-labextension:runtime',
  limits: 'mlabs-labextension:limits',
  data: 'mlabs-labextension:data',
  timing: 'mlabs-labextension:timing',
  launcher: 'mlabs-labextension:launcher',
  upstream: 'mlabs-labextension:upstream',
  connection: 'mlabs-labextension:connection',
  gone: 'mlabs-labextension:gone',
  resources: 'mlabs-labextension:resources',
  bar: 'mlabs-labextension:bar',
  stopping: 'mlabs-labextension:stopping'
} as const;

export const COMMAND = {
  share: 'mlabs:share',
  fork: 'mlabs:fork',
  history: 'mlabs:history',
  background: 'mlabs:run-in-background',
  runtime: 'mlabs:runtime',
  data: 'mlabs:data',
  addData: 'mlabs:add-data',
  timing: 'mlabs:cell-times',
  newLab: 'mlabs:new-lab',
  openLab: 'mlabs:open-lab',
  importUrl: 'mlabs:import',
  welcome: 'mlabs:welcome',
  pull: 'mlabs:pull',
  propose: 'mlabs:propose',
  resources: 'mlabs:resources',
  stop: 'mlabs:stop-server'
} as const;

/** What `%runtime` shows beside its text. */
export const RUNTIME_MIME = 'application/vnd.mlabs.runtime+json';

export const HISTORY_PANEL = 'mlabs-history';

export const DATA_PANEL = 'mlabs-data';

export const RESOURCES_PANEL = 'mlabs-resources';
