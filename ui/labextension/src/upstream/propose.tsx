/** "Propose changes": a few words on what was changed, to the original's owner. */

import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { DialogHeader } from '../dialog_header';
import { type ApiError, asApiError } from '../errors';
import { absolute } from '../links';
import { Failure, Success } from '../share/messages';
import { Overlay } from '../share/overlay';
import type { UpstreamModel } from './model';
import type { Proposal } from './wire';

const TITLE_ID = 'mlabs-propose-title';

interface Props {
  model: UpstreamModel;
  close: () => void;
}

export function openPropose(model: UpstreamModel): void {
  const body = ReactWidget.create(<Propose model={model} close={() => overlay.dispose()} />);
  const overlay = new Overlay(body, TITLE_ID);
  overlay.open();
}

function Propose({ model, close }: Props): JSX.Element {
  const [made, setMade] = React.useState<Proposal | null>(null);
  return (
    <>
      <DialogHeader id={TITLE_ID} title="Propose changes to the original" close={close} />
      {made === null ? (
        <Form model={model} close={close} onDone={setMade} />
      ) : (
        <Done model={model} made={made} close={close} />
      )}
    </>
  );
}

function Done({ model, made, close }: Props & { made: Proposal }): JSX.Element {
  return (
    <>
      <div className="mlabs-Dialog-body">
        <Success text={`Proposal ${made.number} is sent to @${made.lab}.`} />
        <p>You are told when it is accepted or declined. What is said about it is on its page.</p>
      </div>
      <div className="mlabs-Dialog-footer">
        <a className="mlabs-Button" href={absolute(made.url, model.labs.origin)} target="_blank" rel="noopener">
          Open its page
        </a>
        <button type="button" className="mlabs-Button mlabs-mod-accent" onClick={close}>
          Done
        </button>
      </div>
    </>
  );
}

function Form({ model, close, onDone }: Props & { onDone: (made: Proposal) => void }): JSX.Element {
  const [title, setTitle] = React.useState('');
  const [message, setMessage] = React.useState('');
  const [error, setError] = React.useState<ApiError | null>(null);
  const [busy, setBusy] = React.useState(false);
  const { lab, edited } = model.labs.of(model.panel);
  const onSubmit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      onDone(await model.propose(title, message));
    } catch (reason) {
      setError(asApiError(reason));
      setBusy(false);
    }
  };
  return (
    <form aria-busy={busy} onSubmit={event => void onSubmit(event)}>
      <div className="mlabs-Dialog-body">
        {error && <Failure error={error} />}
        <p>
          Version {lab?.version} of this lab is proposed to <strong>@{model.upstream?.lab}</strong>. Who decides sees
          what it changes, and takes it in with your name.
        </p>
        {edited && <p role="note">Changes that are not published yet are no part of it: Share them first.</p>}
        <fieldset className="mlabs-Form" disabled={busy}>
          <label htmlFor="mlabs-propose-words">What you changed, in a few words</label>
          <input
            id="mlabs-propose-words"
            value={title}
            required
            maxLength={200}
            onChange={event => setTitle(event.target.value)}
          />
          <label htmlFor="mlabs-propose-message">Why, and what to look at</label>
          <textarea
            id="mlabs-propose-message"
            rows={5}
            maxLength={5000}
            value={message}
            onChange={event => setMessage(event.target.value)}
          />
        </fieldset>
      </div>
      <div className="mlabs-Dialog-footer">
        <span className="mlabs-Dialog-progress" role="status">
          {busy ? 'Sending…' : ''}
        </span>
        <button type="button" className="mlabs-Button" onClick={close}>
          Close
        </button>
        <button type="submit" className="mlabs-Button mlabs-mod-accent" disabled={busy}>
          Propose
        </button>
      </div>
    </form>
  );
}
