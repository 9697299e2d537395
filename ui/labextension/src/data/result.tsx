/** One result of a search. */

import * as React from 'react';

import { absolute } from '../links';
import type { FoundData, Kind } from './wire';
import { facts } from './wording';

const LABEL: Record<Kind, string> = { dataset: 'Add', model: 'Insert code', lab: 'Show files' };

interface Props {
  found: FoundData;
  /** The notebook uses it already. */
  there: boolean;
  origin: string;
  use: () => Promise<void>;
  look: (() => void) | null;
}

export function Result({ found, there, origin, use, look }: Props): JSX.Element {
  const [busy, setBusy] = React.useState(false);
  const onUse = async (): Promise<void> => {
    setBusy(true);
    await use();
    setBusy(false);
  };
  const label = there ? 'In this notebook' : LABEL[found.kind];
  return (
    <li className="mlabs-Data-result" aria-busy={busy}>
      <div>
        <a href={absolute(found.url, origin)} target="_blank" rel="noopener">
          {found.title}
        </a>
        <div className="mlabs-Data-facts">{facts(found)}</div>
        {found.description && <div className="mlabs-Data-about">{found.description}</div>}
      </div>
      <div className="mlabs-Data-actions">
        {look && (
          <button type="button" className="mlabs-Button" aria-label={`Preview: ${found.title}`} onClick={look}>
            Preview
          </button>
        )}
        <button
          type="button"
          data-main
          className={`mlabs-Button${there ? '' : ' mlabs-mod-accent'}`}
          aria-label={`${label}: ${found.title}`}
          aria-disabled={there || busy}
          onClick={() => {
            // Not disabled: the focus would be lost with it.
            if (!there && !busy) {
              void onUse();
            }
          }}
        >
          {label}
        </button>
      </div>
    </li>
  );
}
