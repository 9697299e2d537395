/** The MLabs extension: share, fork, history, and the mark of a "Run all". */

import { fork } from './fork';
import { history } from './history/plugin';
import { labs } from './labs';
import { runAll } from './run_all';
import { share } from './share/plugin';

export default [labs, share, fork, history, runAll];
