/** The badge that opens a lab, for pages that are written in three ways. */

import * as React from 'react';

import type { Snippets } from '../links';
import { CopyRow } from './copy_row';

export function BadgeRows(props: { snippets: Snippets; say: (text: string) => void }): JSX.Element {
  const { snippets, say } = props;
  return (
    <section className="mlabs-Rows" aria-labelledby="mlabs-badge-title">
      <h3 id="mlabs-badge-title">
        Badge <img src={snippets.badge} alt="Open in MLabs" />
      </h3>
      <CopyRow label="Badge in Markdown" text={snippets.markdown} say={say} />
      <CopyRow label="Badge in HTML" text={snippets.html} say={say} />
      <CopyRow label="Badge in reStructuredText" text={snippets.rst} rows={3} say={say} />
    </section>
  );
}
