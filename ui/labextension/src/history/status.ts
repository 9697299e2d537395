/** What the states of runs are called, and how they look. */

import type { LabIcon } from '@jupyterlab/ui-components';

import { failedIcon, lostIcon, runningIcon, stoppedIcon, succeededIcon, waitingIcon } from '../icons';
import type { Run, RunStatus } from '../wire';

export interface Status {
  label: string;
  icon: LabIcon;
}

export const STATUS: Record<RunStatus, Status> = {
  queued: { label: 'Queued', icon: waitingIcon },
  starting: { label: 'Starting', icon: waitingIcon },
  running: { label: 'Running', icon: runningIcon },
  succeeded: { label: 'Succeeded', icon: succeededIcon },
  failed: { label: 'Failed', icon: failedIcon },
  stopped: { label: 'Stopped', icon: stoppedIcon },
  lost: { label: 'Lost', icon: lostIcon }
};

/** A kernel that waits for its next cell belongs to a run that is open, but nothing runs. */
export function statusOf(run: Run): Status & { kind: string } {
  if (run.status === 'running' && !run.busy) {
    return { label: 'Open', icon: waitingIcon, kind: 'open' };
  }
  return { ...STATUS[run.status], kind: run.status };
}
