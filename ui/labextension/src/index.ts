/** The MLabs extension: share, fork, history, who watches, background runs, runtimes, limits, and the mark of a "Run all". */

import { background } from './background';
import { connection } from './connection/plugin';
import { fork } from './fork';
import { history } from './history/plugin';
import { labs } from './labs';
import { limits } from './limits/plugin';
import { runAll } from './run_all';
import { runtime } from './runtime/plugin';
import { share } from './share/plugin';
import { watching } from './watching/plugin';

export default [labs, share, fork, history, watching, runAll, background, runtime, limits, connection];
