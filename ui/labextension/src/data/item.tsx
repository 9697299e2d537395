/** One dataset of the notebook: what it is, where it is, and what can be done with it. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';

import { absolute } from '../links';
import { DATA_PANEL } from '../tokens';
import { reads } from './insert';
import type { DataModel } from './model';
import type { NotebookDataset } from './wire';
import { count, size, stateText } from './wording';

interface Props {
  model: DataModel;
  item: NotebookDataset;
  preview: (item: NotebookDataset) => void;
}

const LATEST = 'latest';

export function Item({ model, item, preview }: Props): JSX.Element {
  const [busy, setBusy] = React.useState(false);
  const attempt = async (action: () => Promise<void>): Promise<void> => {
    setBusy(true);
    await model.attempt(action);
    setBusy(false);
  };
  const { dataset, title, state, pinned, newest } = item;
  const older = pinned !== null && pinned < newest;
  return (
    <li className="mlabs-Data-item" data-state={state} aria-busy={busy}>
      <div className="mlabs-Data-title">
        {item.url ? (
          <a href={absolute(item.url, model.labs.origin)} target="_blank" rel="noopener">
            {title}
          </a>
        ) : (
          <strong>{title}</strong>
        )}
      </div>
      <div className="mlabs-Data-facts">
        {dataset}
        {state !== 'lost' && ` · ${size(item.size)} · ${count(item.files, 'file')}`}
      </div>
      {state !== 'lost' && <code>{item.path}</code>}
      <State item={item} model={model} attempt={attempt} />
      {state !== 'lost' && (
        <label className="mlabs-Data-version">
          Version{' '}
          <select
            value={pinned ?? LATEST}
            disabled={busy}
            aria-label={`Version of ${title}`}
            onChange={event => {
              const { value } = event.target;
              const version = value === LATEST ? null : Number(value);
              void attempt(() => model.attach(dataset, version, saidOf(title, version)));
            }}
          >
            <option value={LATEST}>the latest (now {newest})</option>
            {Array.from({ length: newest }, (_, at) => newest - at).map(number => (
              <option key={number} value={number}>
                {number}
              </option>
            ))}
          </select>
        </label>
      )}
      {older && (
        <div className="mlabs-Data-newer">
          Version {newest} exists.
          <button
            type="button"
            className="mlabs-Button"
            disabled={busy}
            onClick={() => void attempt(() => model.attach(dataset, newest, saidOf(title, newest)))}
          >
            Use version {newest}
          </button>
        </div>
      )}
      <div className="mlabs-Data-actions">
        {state === 'ready' && (
          <>
            <Action label="Insert code" of={title} busy={busy} act={() => void attempt(() => model.insert(item))} />
            <Action label="Insert path" of={title} busy={busy} act={() => void attempt(() => model.insertPath(item))} />
          </>
        )}
        {state !== 'lost' && <Action label="Preview" of={title} busy={busy} act={() => preview(item)} />}
        <Action
          label={state === 'lost' ? 'Take off' : 'Detach'}
          of={title}
          busy={busy}
          act={() => void attempt(() => detach(model, item))}
        />
      </div>
    </li>
  );
}

function Action(props: { label: string; of: string; busy: boolean; act: () => void }): JSX.Element {
  const { label, of, busy, act } = props;
  return (
    <button type="button" className="mlabs-Button" aria-label={`${label}: ${of}`} disabled={busy} onClick={act}>
      {label}
    </button>
  );
}

const saidOf = (title: string, version: number | null): string =>
  version === null ? `${title} goes along with the latest version.` : `${title} stays at version ${version}.`;

function State(props: {
  model: DataModel;
  item: NotebookDataset;
  attempt: (action: () => Promise<void>) => Promise<void>;
}): JSX.Element | null {
  const { model, item, attempt } = props;
  const text = stateText(item);
  if (text === '') {
    return null;
  }
  const restart = item.state === 'too_large' ? (model.found?.restart_url ?? '') : '';
  const again = ['absent', 'failed', 'blocked'].includes(item.state);
  return (
    <div className="mlabs-Data-state">
      {item.state === 'coming' && (
        <progress value={item.done} max={item.size || 1} aria-label={`Fetching ${item.title}`} />
      )}
      <span>{text}</span>
      {again && (
        <button
          type="button"
          className="mlabs-Button"
          aria-label={`Fetch: ${item.title}`}
          onClick={() => void attempt(() => model.attach(item.dataset, item.pinned))}
        >
          Fetch
        </button>
      )}
      {restart && (
        <a className="mlabs-Button" href={absolute(restart, model.labs.origin)}>
          Restart
        </a>
      )}
    </div>
  );
}

/** Where code reads it, the person is asked first. */
async function detach(model: DataModel, item: NotebookDataset): Promise<void> {
  const panel = model.state?.panel;
  if (panel && reads(panel, item.path)) {
    const { button } = await showDialog({
      title: `Detach ${item.title}?`,
      body: `Code in this notebook reads ${item.path}. It will not find the files any more.`,
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Detach' })]
    });
    if (!button.accept) {
      return;
    }
  }
  await model.detach(item);
  // The row is gone, and the focus must not be.
  document.querySelector<HTMLElement>(`#${DATA_PANEL} .mlabs-Data-header button`)?.focus();
}
