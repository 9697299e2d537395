/** The runtime in the bar of a lab: what runs, with a warning where the notebook asks for something else. */

import * as React from 'react';

import type { RuntimeModel } from './model';
import { runtimeLabel } from './wording';

export function RuntimeChip(props: { model: RuntimeModel; onClick: () => void }): JSX.Element | null {
  const { state } = props.model;
  if (state === null) {
    return null;
  }
  const running = runtimeLabel(state.running, state.environments);
  const wanted = runtimeLabel(state.wanted, state.environments);
  const warning = state.restart ? `The notebook asks for ${wanted}.` : state.problem;
  return (
    <button
      type="button"
      className="mlabs-Chip"
      data-kind={warning === null ? 'runtime' : 'differs'}
      title={warning === null ? `Runs in ${running}. Change it…` : `Runs in ${running}. ${warning}`}
      aria-label={`Runtime: ${running}${warning === null ? '' : `. ${warning}`}`}
      onClick={props.onClick}
    >
      <span className="mlabs-Chip-dot" aria-hidden="true" />
      {running}
    </button>
  );
}
