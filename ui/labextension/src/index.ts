/** The MLabs extension: the bar of a lab and what it leads to, runtimes, limits, and connections that lose nothing. */

import { background } from './background';
import { bar } from './bar/plugin';
import { connection } from './connection/plugin';
import { fork } from './fork';
import { history } from './history/plugin';
import { labs } from './labs';
import { limits } from './limits/plugin';
import { resources } from './resources/plugin';
import { runAll } from './run_all';
import { runtime } from './runtime/plugin';
import { share } from './share/plugin';
import { stopping } from './stopping/plugin';

export default [labs, share, fork, history, runAll, background, runtime, limits, connection, resources, stopping, bar];
