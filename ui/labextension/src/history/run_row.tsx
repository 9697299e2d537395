/** One run in the history: when, how long, how it ended, where. */

import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { failedIcon, lostIcon, runningIcon, stoppedIcon, succeededIcon, waitingIcon } from '../icons';
import { absolute } from '../links';
import { duration, exact, relative } from '../time';
import type { Run, RunStatus } from '../wire';

const STATUS: Record<RunStatus, { label: string; icon: LabIcon }> = {
  queued: { label: 'Queued', icon: waitingIcon },
  starting: { label: 'Starting', icon: waitingIcon },
  running: { label: 'Running', icon: runningIcon },
  succeeded: { label: 'Succeeded', icon: succeededIcon },
  failed: { label: 'Failed', icon: failedIcon },
  stopped: { label: 'Stopped', icon: stoppedIcon },
  lost: { label: 'Lost', icon: lostIcon }
};

/** A kernel that waits for its next cell belongs to a run that is open, but nothing runs. */
export function statusOf(run: Run): { label: string; icon: LabIcon; kind: string } {
  if (run.status === 'running' && !run.busy) {
    return { label: 'Open', icon: waitingIcon, kind: 'open' };
  }
  return { ...STATUS[run.status], kind: run.status };
}

export function RunRow(props: { run: Run; now: number; origin: string }): JSX.Element {
  const { run, now, origin } = props;
  const { label, icon, kind } = statusOf(run);
  const started = Date.parse(run.started);
  const seconds = kind === 'running' ? (now - started) / 1000 : run.duration;
  const facts = [
    ...(seconds === null ? [] : [duration(Math.max(0, seconds))]),
    run.environment + (run.accelerator === 'none' ? '' : ` · ${run.accelerator}`),
    ...(run.run_all ? ['run all'] : []),
    ...(run.kind === 'batch' ? ['batch'] : []),
    ...(run.version === null ? [] : [`v${run.version}`]),
    ...(run.watching > 0 ? [`${run.watching} watching`] : [])
  ];
  return (
    <li className="mlabs-Run" data-kind={kind}>
      <a href={absolute(run.url, origin)} target="_blank" rel="noopener">
        <icon.react tag="span" className="mlabs-Run-icon" aria-hidden="true" />
        <span className="mlabs-Run-status">{label}</span>
        <time className="mlabs-Run-time" dateTime={run.started} title={exact(started)}>
          {relative(started, now)}
        </time>
        <span className="mlabs-Run-facts">{facts.join(' · ')}</span>
        {run.error && (
          <span className="mlabs-Run-error" title={run.error.evalue}>
            {run.error.ename}: {run.error.evalue}
          </span>
        )}
      </a>
    </li>
  );
}
