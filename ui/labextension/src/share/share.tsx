/** The Share dialog: first publish, update, change of visibility, and what to paste elsewhere. */

import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import type { Lab } from '../wire';
import { type Actions, useActions } from './actions';
import { FigureList } from './figure_list';
import { Form } from './form';
import { GuardStep } from './guard_step';
import { type Guard, isAsking, isStopped, useGuard } from './guarding';
import { tagProblem } from './licenses';
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
      <div className="mlabs-Dialog-header">
        <h2 id={TITLE_ID}>Share this notebook</h2>
        <button type="button" className="mlabs-Button mlabs-mod-icon" aria-label="Dismiss" onClick={close}>
          ×
        </button>
      </div>
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
  const guard = useGuard(labs, state);
  const actions = useActions(labs, state, guard);
  const [said, say] = React.useState('');
  const { details, setDetails, busy, done, error } = actions;
  const lab = state.lab !== null && state.lab.version > 0 ? state.lab : null;
  const asking = isAsking(guard);
  const onSubmit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (asking) {
      guard.pass();
    } else {
      void actions.publish();
    }
  };
  return (
    <form aria-busy={busy !== '' || guard.busy !== ''} onSubmit={onSubmit}>
      <div className="mlabs-Dialog-body">
        {error && (!asking || error.code === 'guard_stopped') && <Failure error={error} />}
        {guard.error && !asking && <Failure error={guard.error} />}
        {asking && (
          <GuardStep
            guard={guard}
            goTo={cell => {
              close();
              goTo(state, cell);
            }}
          />
        )}
        {!guard.ready && <p role="status">Looking the notebook through…</p>}
        {guard.ready && !asking && (
          <>
            {done && <Success text={done} />}
            {state.lost ? <Lost /> : state.source !== null && <Source lab={state.source} />}
            {lab && <Shared labs={labs} state={state} lab={lab} say={say} />}
            {!done && <Form details={details} update={lab !== null} disabled={busy !== ''} onChange={setDetails} />}
            {!done && <FigureList figures={actions.figures} words={actions.words} onChange={actions.setWords} />}
          </>
        )}
      </div>
      <div className="mlabs-Dialog-footer">
        <span className="mlabs-Dialog-progress" role="status">
          {(busy || (guard.ready && guard.busy)) && <span className="mlabs-Spinner" aria-hidden="true" />}
          {busy || (guard.ready && guard.busy) || said}
        </span>
        <button type="button" className="mlabs-Button" onClick={close}>
          {done ? 'Done' : 'Close'}
        </button>
        {asking && (
          <button
            type="submit"
            className="mlabs-Button mlabs-mod-accent"
            disabled={guard.busy !== '' || isStopped(guard)}
          >
            Continue
          </button>
        )}
        {guard.ready && !asking && !done && <Choices actions={actions} state={state} lab={lab} guard={guard} />}
      </div>
    </form>
  );
}

function goTo(state: LabState, cell: number): void {
  const { content } = state.panel;
  content.activeCellIndex = cell - 1;
  void content.scrollToItem(cell - 1, 'center');
  content.activate();
}

function Choices(props: {
  actions: Actions;
  state: LabState;
  lab: Lab | null;
  guard: Guard;
}): JSX.Element {
  const { actions, state, lab, guard } = props;
  const { details } = actions;
  const busy = actions.busy || guard.busy;
  const unchanged = Object.keys(changes(state, details)).length === 0;
  const unusable = details.title.trim() === '' || tagProblem(details.tags) !== '';
  return (
    <>
      {lab && (
        <button
          type="button"
          className="mlabs-Button"
          disabled={busy !== '' || unusable || unchanged}
          onClick={() => void actions.saveSettings()}
        >
          Save settings
        </button>
      )}
      <button type="submit" className="mlabs-Button mlabs-mod-accent" disabled={busy !== '' || unusable}>
        {lab ? `Update to version ${lab.version + 1}` : 'Publish'}
      </button>
    </>
  );
}
