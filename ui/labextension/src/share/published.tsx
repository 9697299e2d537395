/** Above the tabs: how a published lab stands, its page, and its link. */

import * as React from 'react';

import type { LabState } from '../lab';
import { absolute } from '../links';
import type { Lab } from '../wire';
import { stateLabel } from '../wording';
import { CopyRow } from './copy_row';

interface Props {
  origin: string;
  state: LabState;
  lab: Lab;
  say: (text: string) => void;
}

export function Published({ origin, state, lab, say }: Props): JSX.Element {
  const link = absolute(lab.url, origin);
  return (
    <section className="mlabs-Shared" aria-label="Published">
      <p>
        <strong>{stateLabel(lab, state.edited)}</strong>
        <a href={link} target="_blank" rel="noopener">
          Open page
        </a>
      </p>
      <CopyRow label="Link" text={link} say={say} />
    </section>
  );
}
