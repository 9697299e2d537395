/** The MLabs extension: its plugins, one a folder or file. */

import { background } from './background';
import { data } from './data/plugin';
import { fork } from './fork';
import { history } from './history/plugin';
import { labs } from './labs';
import { limits } from './limits/plugin';
import { runAll } from './run_all';
import { runtime } from './runtime/plugin';
import { launcher } from './launcher/plugin';
import { share } from './share/plugin';
export default [
  labs,
  share,
  fork,
  history,
  watching,
  runAll,
  background,
  runtime,
  limits,
  data,
  timing,
  launcher,
  upstream
];
