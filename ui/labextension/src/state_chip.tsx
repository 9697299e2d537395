/** The lab's state in the bar above its notebook: draft, or how and at which version it is published. */

import * as React from 'react';

import type { LabState } from './lab';
import { stateLabel } from './wording';

interface Wording {
  kind: string;
  text: string;
  title: string;
}

function wording(state: LabState): Wording {
  if (state.source !== null) {
    const title = 'Share it to publish your changes as a fork';
    return { kind: 'foreign', text: `From @${state.source}`, title };
  }
  if (state.error !== null) {
    return { kind: 'unknown', text: 'MLabs does not answer', title: state.error.message };
  }
  const text = stateLabel(state.lab, state.edited);
  if (state.lab === null || state.lab.version === 0) {
    return { kind: 'draft', text, title: 'Not shared yet: only you see it' };
  }
  return { kind: state.lab.visibility, text, title: 'How this notebook is shared' };
}

export function StateChip(props: { state: LabState; onClick: () => void }): JSX.Element {
  const { kind, text, title } = wording(props.state);
  return (
    <button
      type="button"
      className="mlabs-Chip"
      data-kind={kind}
      title={title}
      aria-label={`Lab state: ${text}`}
      onClick={props.onClick}
    >
      <span className="mlabs-Chip-dot" aria-hidden="true" />
      {text}
    </button>
  );
}
