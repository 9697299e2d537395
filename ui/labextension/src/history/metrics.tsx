/** What a run logged: a curve and a sentence for each metric. */

import * as React from 'react';

import { path, sentence, short } from './curve';
import type { PastRun, Series } from './wire';

const WIDTH = 64;
const HEIGHT = 18;
/** So many metrics are shown of a run that is not opened. */
const FEW = 2;

export function Metrics({ run, series, all }: { run: PastRun; series: Series[] | null; all: boolean }): JSX.Element | null {
  const names = Object.keys(run.metrics);
  if (names.length === 0) {
    return null;
  }
  const shown = all ? names : names.slice(0, FEW);
  return (
    <div className="mlabs-Run-metrics">
      {shown.map(name => (
        <Metric key={name} name={name} last={run.metrics[name]} series={series?.find(one => one.name === name)} />
      ))}
      {shown.length < names.length && <span>and {names.length - shown.length} more</span>}
    </div>
  );
}

function Metric(props: { name: string; last: unknown; series: Series | undefined }): JSX.Element {
  const { name, last, series } = props;
  if (series === undefined) {
    return <span className="mlabs-Run-metric">{`${name} ${typeof last === 'number' ? short(last) : String(last)}`}</span>;
  }
  const drawn = path(series, WIDTH, HEIGHT);
  return (
    <span className="mlabs-Run-metric">
      {drawn && (
        <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
          <path d={drawn} fill="none" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" />
        </svg>
      )}
      {sentence(series)}
    </span>
  );
}
