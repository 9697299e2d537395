/** One run in the history: when, how long, how it ended, where, what it logged, and what can be done with it. */

import * as React from 'react';

import { absolute } from '../links';
import { duration, exact, relative } from '../time';
import type { HistoryActions } from './actions';
import { Metrics } from './metrics';
import { statusOf } from './status';
import type { PastRun, Series } from './wire';

/** So many parameters are shown of a run that is not opened. */
const FEW = 3;

interface Props {
  run: PastRun;
  series: Series[] | null;
  now: number;
  actions: HistoryActions;
}

export function RunRow({ run, series, now, actions }: Props): JSX.Element {
  const [open, setOpen] = React.useState(false);
  const { label, icon, kind } = statusOf(run);
  const started = Date.parse(run.started);
  const details = `mlabs-run-${run.id}`;
  return (
    <li className="mlabs-Run" data-kind={kind}>
      <a href={absolute(run.url, actions.origin)} target="_blank" rel="noopener" title="Open the page of this run">
        <icon.react tag="span" className="mlabs-Run-icon" aria-hidden="true" />
        <span className="mlabs-Run-status">{label}</span>
        <time className="mlabs-Run-time" dateTime={run.started} title={exact(started)}>
          {relative(started, now)}
        </time>
        <span className="mlabs-Run-facts">{facts(run, kind, started, now).join(' · ')}</span>
        {run.error && (
          <span className="mlabs-Run-error" title={run.error.evalue}>
            {run.error.ename}: {run.error.evalue}
          </span>
        )}
      </a>
      <div className="mlabs-Run-below">
        <Metrics run={run} series={series} all={open} />
        <button
          type="button"
          className="mlabs-Button mlabs-Run-more"
          aria-expanded={open}
          aria-controls={details}
          aria-label={`${open ? 'Less' : 'More'} about the run of ${exact(started)}`}
          onClick={() => setOpen(!open)}
        >
          {open ? 'Less' : 'More'}
        </button>
      </div>
      <div id={details} hidden={!open} className="mlabs-Run-details">
        {open && <Details run={run} started={started} actions={actions} />}
      </div>
    </li>
  );
}

function facts(run: PastRun, kind: string, started: number, now: number): string[] {
  const seconds = kind === 'running' ? (now - started) / 1000 : run.duration;
  return [
    ...(seconds === null ? [] : [duration(Math.max(0, seconds))]),
    run.environment + (run.accelerator === 'none' ? '' : ` · ${run.accelerator}`),
    ...(run.run_all ? ['run all'] : []),
    ...(run.kind === 'batch' ? ['in the background'] : []),
    ...(run.version === null ? [] : [`v${run.version}`]),
    ...Object.entries(run.parameters)
      .slice(0, FEW)
      .map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
    ...(run.watching > 0 ? [`${run.watching} watching`] : [])
  ];
}

function Details({ run, started, actions }: { run: PastRun; started: number; actions: HistoryActions }): JSX.Element {
  const parameters = Object.entries(run.parameters);
  return (
    <>
      <dl>
        <dt>Started</dt>
        <dd>{exact(started)}</dd>
        {parameters.map(([name, value]) => (
          <React.Fragment key={name}>
            <dt>{name}</dt>
            <dd>{JSON.stringify(value)}</dd>
          </React.Fragment>
        ))}
      </dl>
      <div className="mlabs-Run-actions" role="group" aria-label="What to do with this run">
        <button type="button" className="mlabs-Button" onClick={() => actions.compare(run)}>
          Compare…
        </button>
        <button type="button" className="mlabs-Button" onClick={() => void actions.restore(run)}>
          Restore…
        </button>
        <button type="button" className="mlabs-Button" onClick={() => void actions.again(run)}>
          Run again
        </button>
      </div>
    </>
  );
}
