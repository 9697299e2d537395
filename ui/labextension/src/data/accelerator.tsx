/** The switch of the accelerator, as far as plan and environment have one. */

import * as React from 'react';

import type { RuntimeState } from '../wire';
import { acceleratorLabel } from '../runtime/wording';

interface Props {
  runtime: RuntimeState;
  /** Open the runtime dialog with this one chosen. */
  choose: (accelerator: string) => void;
}

export function Accelerator({ runtime, choose }: Props): JSX.Element {
  const { wanted, environments } = runtime;
  const environment = environments.find(each => each.name === wanted.environment);
  const others = (environment?.accelerators ?? []).filter(each => each !== 'none');
  const on = wanted.accelerator !== 'none';
  const label = acceleratorLabel(on ? wanted.accelerator : (others[0] ?? 'gpu'));
  const next = on ? 'none' : (others[0] ?? 'none');
  return (
    <section className="mlabs-Data-accelerator" aria-label="Accelerator">
      <span>
        <strong>{label}:</strong> {on ? 'on' : 'off'}
      </span>
      {on || others.length > 0 ? (
        <button type="button" className="mlabs-Button" onClick={() => choose(next)}>
          {on ? 'Turn off…' : 'Turn on…'}
        </button>
      ) : (
        <small>{environment ? `${environment.title} has none here, or your plan has none.` : 'Not known now.'}</small>
      )}
    </section>
  );
}
