/** Which runs the list shows. */

import * as React from 'react';

import type { RunStatus } from '../wire';
import type { HistoryModel } from './model';
import { STATUS } from './status';
import type { Filter } from './wire';

export function Filters({ model }: { model: HistoryModel }): JSX.Element {
  const { filter } = model;
  return (
    <div className="mlabs-History-filters" role="group" aria-label="Which runs are shown">
      <select
        aria-label="Status"
        value={filter.status ?? ''}
        onChange={event => model.narrow({ ...filter, status: (event.target.value || null) as RunStatus | null })}
      >
        <option value="">All states</option>
        {Object.entries(STATUS).map(([value, { label }]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <select
        aria-label="Kind"
        value={filter.kind ?? ''}
        onChange={event => model.narrow({ ...filter, kind: (event.target.value || null) as Filter['kind'] })}
      >
        <option value="">All kinds</option>
        <option value="interactive">In a notebook</option>
        <option value="batch">In the background</option>
      </select>
    </div>
  );
}
