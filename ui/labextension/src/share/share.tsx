/** The Share dialog: first publish, update, change of visibility, and what to paste elsewhere. */

import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import type { Lab } from '../wire';
import { type Actions, useActions } from './actions';
import { Form } from './form';
import { Failure, Lost, Source, Success } from './messages';
import { Overlay } from './overlay';
import { changes } from './publish';
import { Shared } from './shared';

const TITLE_ID = 'mlabs-share-title';

interface Props {
  labs: ILabs;
  state: LabState;
  close: () => void;
}

/** Open the dialog for the notebook of `state`. */
export function openShare(labs: ILabs, state: LabState): void {
  const body = ReactWidget.create(<Share labs={labs} state={state} close={() => overlay.dispose()} />);
  const overlay = new Overlay(body, TITLE_ID);
  overlay.open();
}

function Share(props: Props): JSX.Element {
  const { state, close } = props;
  const [loaded, setLoaded] = React.useState(false);
  React.useEffect(() => {
    void state.ready.then(() => state.refresh()).then(() => setLoaded(true));
  }, [state]);
  return (
    <>
      <header className="mlabs-Dialog-header">
        <h2 id={TITLE_ID}>Share this notebook</h2>
        <button type="button" className="mlabs-Button mlabs-mod-icon" aria-label="Dismiss" onClick={close}>
          ×
        </button>
      </header>
      {loaded ? <Content {...props} /> : <Loading />}
    </>
  );
}

function Loading(): JSX.Element {
  return (
    <div className="mlabs-Dialog-body" role="status">
      Asking MLabs about this notebook…
    </div>
  );
}

function Content({ labs, state, close }: Props): JSX.Element {
  const actions = useActions(labs, state);
  const [said, say] = React.useState('');
  const { details, setDetails, busy, done, error } = actions;
  const lab = state.lab !== null && state.lab.version > 0 ? state.lab : null;
  const onSubmit = (event: React.FormEvent): void => {
    event.preventDefault();
    void actions.publish();
  };
  return (
    <form aria-busy={busy !== ''} onSubmit={onSubmit}>
      <div className="mlabs-Dialog-body">
        {error && <Failure error={error} />}
        {done && <Success text={done} />}
        {state.lost ? <Lost /> : state.source !== null && <Source lab={state.source} />}
        {lab && <Shared labs={labs} state={state} lab={lab} say={say} />}
        {!done && <Form details={details} update={lab !== null} disabled={busy !== ''} onChange={setDetails} />}
      </div>
      <footer className="mlabs-Dialog-footer">
        <span className="mlabs-Dialog-progress" role="status">
          {busy && <span className="mlabs-Spinner" aria-hidden="true" />}
          {busy || said}
        </span>
        <button type="button" className="mlabs-Button" onClick={close}>
          {done ? 'Done' : 'Close'}
        </button>
        {!done && <Choices actions={actions} state={state} lab={lab} />}
      </footer>
    </form>
  );
}

function Choices(props: { actions: Actions; state: LabState; lab: Lab | null }): JSX.Element {
  const { actions, state, lab } = props;
  const { details, busy } = actions;
  const unchanged = Object.keys(changes(state, details)).length === 0;
  const untitled = details.title.trim() === '';
  return (
    <>
      {lab && (
        <button
          type="button"
          className="mlabs-Button"
          disabled={busy !== '' || untitled || unchanged}
          onClick={() => void actions.saveSettings()}
        >
          Save settings
        </button>
      )}
      <button type="submit" className="mlabs-Button mlabs-mod-accent" disabled={busy !== '' || untitled}>
        {lab ? `Update to version ${lab.version + 1}` : 'Publish'}
      </button>
    </>
  );
}
