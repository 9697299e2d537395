/** The MLabs extension: its plugins, one a folder or file. */

import { background } from './background';
import { bar } from './bar/plugin';
import { connection } from './connection/plugin';
import { gone } from './connection/gone_plugin';
import { data } from './data/plugin';
import { fork } from './fork';
import { history } from './history/plugin';
import { labs } from './labs';
import { launcher } from './launcher/plugin';
import { limits } from './limits/plugin';
import { resources } from './resources/plugin';
import { runAll } from './run_all';
import { runtime } from './runtime/plugin';
import { share } from './share/plugin';
import { stopping } from './stopping/plugin';
import { timing } from './timing/plugin';
import { upstream } from './upstream/plugin';

export default [
  labs,
  share,
  fork,
  history,
  runAll,
  background,
  runtime,
  limits,
  data,
  timing,
  launcher,
  upstream,
  connection,
  gone,
  resources,
  stopping,
  bar
];
