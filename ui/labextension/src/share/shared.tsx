/** A published lab: its state, its page, and what to paste elsewhere. */

import * as React from 'react';

import { type ApiError, asApiError } from '../errors';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import { absolute, type Snippets, snippets } from '../links';
import type { Lab } from '../wire';
import { stateLabel } from '../wording';
import { Failure } from './messages';
import { SnippetRows } from './snippet_rows';

interface Props {
  labs: ILabs;
  state: LabState;
  lab: Lab;
  say: (text: string) => void;
}

export function Shared({ labs, state, lab, say }: Props): JSX.Element {
  const [texts, setTexts] = React.useState<Snippets | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  React.useEffect(() => {
    labs.api.embed(state.path).then(
      snippet => setTexts(snippets(snippet, labs.origin)),
      (reason: unknown) => setError(asApiError(reason))
    );
  }, [labs, state, lab.url, lab.title]);
  return (
    <section className="mlabs-Shared" aria-label="Published">
      <p>
        <strong>{stateLabel(lab, state.edited)}</strong>
        <a href={absolute(lab.url, labs.origin)} target="_blank" rel="noopener">
          Open page
        </a>
      </p>
      {error && <Failure error={error} />}
      {texts && <SnippetRows snippets={texts} say={say} />}
    </section>
  );
}
