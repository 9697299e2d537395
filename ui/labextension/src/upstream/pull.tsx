/** "Take in changes": what the original changed, what is to be chosen, and one button. */

import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { DialogHeader } from '../dialog_header';
import { type ApiError, asApiError } from '../errors';
import { Failure } from '../share/messages';
import { Overlay } from '../share/overlay';
import { Changes, ConflictChoice } from './cells';
import type { UpstreamModel } from './model';
import { newsText } from './news';
import type { Choices, Merge, Upstream } from './wire';

const TITLE_ID = 'mlabs-pull-title';

interface Props {
  model: UpstreamModel;
  close: () => void;
}

export function openPull(model: UpstreamModel): void {
  const body = ReactWidget.create(<Pull model={model} close={() => overlay.dispose()} />);
  const overlay = new Overlay(body, TITLE_ID);
  overlay.addClass('mlabs-Merge');
  overlay.open();
}

interface Loaded {
  upstream: Upstream | null;
  merge: Merge | null;
}

async function load(model: UpstreamModel): Promise<Loaded> {
  const upstream = await model.look();
  const merge = upstream !== null && model.news > 0 ? await model.merge(upstream.latest, {}) : null;
  return { upstream, merge };
}

function Pull({ model, close }: Props): JSX.Element {
  const [loaded, setLoaded] = React.useState<Loaded | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  React.useEffect(() => {
    load(model).then(setLoaded, (reason: unknown) => setError(asApiError(reason)));
  }, [model]);
  return (
    <>
      <DialogHeader id={TITLE_ID} title="Changes of the original" close={close} />
      {error !== null && (
        <div className="mlabs-Dialog-body">
          <Failure error={error} />
        </div>
      )}
      {error === null && loaded === null && (
        <div className="mlabs-Dialog-body" role="status">
          Comparing this notebook with its original…
        </div>
      )}
      {loaded !== null && loaded.merge === null && <Nothing upstream={loaded.upstream} close={close} />}
      {loaded?.upstream && loaded.merge !== null && (
        <Choose model={model} upstream={loaded.upstream} first={loaded.merge} close={close} />
      )}
    </>
  );
}

function Nothing({ upstream, close }: { upstream: Upstream | null; close: () => void }): JSX.Element {
  return (
    <>
      <div className="mlabs-Dialog-body" role="status">
        {upstream === null
          ? 'This notebook is no fork of a lab that you can see. Fork one to follow it from here.'
          : `Nothing is new: this notebook has all of @${upstream.lab} up to version ${upstream.latest}.`}
      </div>
      <div className="mlabs-Dialog-footer">
        <button type="button" className="mlabs-Button" onClick={close}>
          Close
        </button>
      </div>
    </>
  );
}

function Choose(props: Props & { upstream: Upstream; first: Merge }): JSX.Element {
  const { model, upstream, first, close } = props;
  const [merge, setMerge] = React.useState(first);
  const [choices, setChoices] = React.useState<Choices>({});
  const [conflicts, setConflicts] = React.useState(first.merged.conflicts);
  const [error, setError] = React.useState<ApiError | null>(null);
  const [busy, setBusy] = React.useState(false);
  const onSubmit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      // Worked out again: the notebook may have changed since the dialog opened.
      const made = await model.merge(merge.version, choices);
      if (made.merged.conflicts.length > 0) {
        setMerge(made);
        setConflicts(made.merged.conflicts);
        setBusy(false);
        return;
      }
      await model.take(made);
      close();
    } catch (reason) {
      setError(asApiError(reason));
      setBusy(false);
    }
  };
  return (
    <form aria-busy={busy} onSubmit={event => void onSubmit(event)}>
      <div className="mlabs-Dialog-body">
        {error && <Failure error={error} />}
        <p>{newsText(upstream.lab, model.news)}</p>
        <ul className="mlabs-Merge-versions">
          {upstream.versions
            .filter(version => version.number > merge.base)
            .map(version => (
              <li key={version.number}>
                Version {version.number} by {version.author}
                {version.message && `: ${version.message.split('\n')[0]}`}
              </li>
            ))}
        </ul>
        {conflicts.map(conflict => (
          <ConflictChoice
            key={conflict.id}
            conflict={conflict}
            choice={choices[conflict.id]}
            disabled={busy}
            onChange={choice => setChoices({ ...choices, [conflict.id]: choice })}
          />
        ))}
        <h3>What changes in your notebook</h3>
        {merge.merged.cells.length > 0 ? (
          <Changes cells={merge.merged.cells} />
        ) : (
          <p>{conflicts.length > 0 ? 'Besides what you choose, nothing.' : 'Nothing: it has the same changes.'}</p>
        )}
      </div>
      <div className="mlabs-Dialog-footer">
        <span className="mlabs-Dialog-progress" role="status">
          {busy ? 'Saving a checkpoint and writing…' : 'One step, which Edit → Undo Cell Operation takes back.'}
        </span>
        <button type="button" className="mlabs-Button" onClick={close}>
          Close
        </button>
        <button type="submit" className="mlabs-Button mlabs-mod-accent" disabled={busy}>
          Take it in
        </button>
      </div>
    </form>
  );
}
