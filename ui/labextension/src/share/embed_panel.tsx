/** Puts an embed together and shows at once what it looks like; the badges stand below. */

import * as React from 'react';

import { type ApiError, asApiError } from '../errors';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import { absolute, type Snippets, snippets } from '../links';
import type { EmbedSnippet, Lab } from '../wire';
import { BadgeRows } from './badge_rows';
import { pickableCells, selectedCells } from './cells';
import { CopyRow } from './copy_row';
import { EmbedFields } from './embed_fields';
import * as rules from './embed_options';
import { EmbedPreview } from './embed_preview';
import { Failure } from './messages';

interface Props {
  labs: ILabs;
  state: LabState;
  lab: Lab;
  options: rules.EmbedOptions;
  onChange: (change: Partial<rules.EmbedOptions>) => void;
  say: (text: string) => void;
  changeVisibility: () => void;
}

// Milliseconds after the last key before what is typed is loaded.
const PAUSE = 400;

export function EmbedPanel(props: Props): JSX.Element {
  const { labs, state, lab } = props;
  const [known, setKnown] = React.useState<EmbedSnippet | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const ask = (): void => {
    setError(null);
    labs.api.embed(state.path).then(setKnown, (reason: unknown) => setError(asApiError(reason)));
  };
  React.useEffect(ask, [labs, state, lab.url, lab.title]);
  if (error) {
    return <Failure error={error} again={ask} />;
  }
  if (known === null) {
    return <p role="status">Asking for the embed…</p>;
  }
  const embedded = {
    lab: `${lab.owner}/${lab.name}`,
    title: lab.title,
    url: absolute(known.url, labs.origin),
    embedUrl: absolute(known.embed_url, labs.origin)
  };
  return <Builder {...props} embedded={embedded} texts={snippets(known, labs.origin)} />;
}

function Builder(props: Props & { embedded: rules.Embedded; texts: Snippets }): JSX.Element {
  const { state, lab, options, onChange, say, embedded, texts } = props;
  const cells = React.useMemo(() => pickableCells(state), [state]);
  const ids = cells.map(({ id }) => id);
  const wrong = rules.cellsProblem(options, ids) || rules.heightProblem(options);
  const code = wrong ? '' : rules.embedCode(embedded, options);
  return (
    <>
      <Notice {...props} />
      <div className="mlabs-Embed">
        <EmbedFields
          options={options}
          cells={cells}
          version={lab.version}
          onChange={onChange}
          selected={() => selectedCells(state)}
        />
        <div className="mlabs-EmbedResult">
          <Preview {...props} wrong={wrong} />
          <CopyRow
            label={options.height === 'fit' ? 'Paragraph with a script, which fits it' : 'Frame, for any page'}
            text={code}
            rows={4}
            say={say}
          />
        </div>
      </div>
      <section className="mlabs-Rows" aria-label="Other ways to show it">
        <CopyRow label="Link, for sites that know oEmbed" text={rules.pageOf(embedded, options)} say={say} />
        <p>
          <a href={`${embedded.url}/embed`} target="_blank" rel="noopener">
            Embed an earlier version, or one run
          </a>
        </p>
      </section>
      <BadgeRows snippets={texts} say={say} />
    </>
  );
}

function Notice({ lab, state, changeVisibility }: Props): JSX.Element | null {
  if (lab.visibility === 'private') {
    return (
      <div className="mlabs-Notice" data-kind="warning">
        <p>
          This lab is private: an embed of it shows nothing, to nobody, and its badge leads nobody to it but those who have
          access. Make it unlisted or public, or give single people access under People and send them the link.
        </p>
        <button type="button" className="mlabs-Button" onClick={changeVisibility}>
          Change who can see it
        </button>
      </div>
    );
  }
  if (lab.visibility === 'unlisted') {
    return (
      <p className="mlabs-Notice">
        This lab is unlisted: whoever sees the page with your embed can follow it to the lab. Lists and searches still do
        not have it.
      </p>
    );
  }
  return state.edited ? (
    <p className="mlabs-Notice">
      The notebook has changes that are not published: readers and the preview have version {lab.version}.
    </p>
  ) : null;
}

function Preview(props: Props & { embedded: rules.Embedded; wrong: string }): JSX.Element {
  const { lab, options, embedded, wrong } = props;
  // What readers see in the page around: here that is JupyterLab.
  const around = document.body.dataset['jpThemeLight'] === 'false' ? 'dark' : 'light';
  const fits = options.height === 'fit';
  const address = rules.addressOf(embedded.embedUrl, rules.queryOf(options), fits ? around : '');
  const settled = useSettled(wrong ? '' : address, options.which === 'typed' ? PAUSE : 0);
  return (
    <section className="mlabs-Preview" aria-labelledby="mlabs-preview-title">
      <h3 id="mlabs-preview-title">Preview</h3>
      {lab.visibility === 'private' ? (
        <p>A private lab has none.</p>
      ) : settled === '' ? (
        <p>Here it is shown once all is filled in right.</p>
      ) : (
        <EmbedPreview address={settled} title={embedded.title} height={fits ? null : Number(options.pixels) || null} />
      )}
    </section>
  );
}

/** A value once it has stayed the same for so many milliseconds. */
function useSettled(value: string, pause: number): string {
  const [settled, settle] = React.useState(value);
  React.useEffect(() => {
    const timer = window.setTimeout(() => settle(value), pause);
    return () => window.clearTimeout(timer);
  }, [value, pause]);
  return settled;
}
