/** The first tab: the guard's step where there is something to ask, then the form of a publish. */

import * as React from 'react';

import type { LabState } from '../lab';
import type { Lab } from '../wire';
import type { Actions } from './actions';
import { FigureList } from './figure_list';
import { Footer } from './footer';
import { Form } from './form';
import { GuardStep } from './guard_step';
import { type Guard, isAsking, isStopped } from './guarding';
import { tagProblem } from './licenses';
import { Failure, Lost, Source, Success } from './messages';
import { changes } from './publish';

interface Props {
  state: LabState;
  guard: Guard;
  actions: Actions;
  /** The lab, where it is published. */
  lab: Lab | null;
  said: string;
  close: () => void;
  /** What the panel says of itself, where there are tabs. */
  panel: React.HTMLAttributes<HTMLElement>;
}

export function PublishPanel({ state, guard, actions, lab, said, close, panel }: Props): JSX.Element {
  const { details, setDetails, busy, done, error } = actions;
  const asking = isAsking(guard);
  const onSubmit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (asking) {
      guard.pass();
    } else {
      void actions.publish();
    }
  };
  const visit = (cell: number): void => {
    close();
    goTo(state, cell);
  };
  return (
    <form aria-busy={busy !== '' || guard.busy !== ''} onSubmit={onSubmit}>
      <div className="mlabs-Dialog-body" {...panel}>
        {error && (!asking || error.code === 'guard_stopped') && <Failure error={error} />}
        {guard.error && !asking && <Failure error={guard.error} />}
        {asking && <GuardStep guard={guard} goTo={visit} />}
        {!guard.ready && <p role="status">Looking the notebook through…</p>}
        {guard.ready && !asking && (
          <>
            {done && <Success text={done} />}
            {state.lost ? <Lost /> : state.source !== null && <Source lab={state.source} />}
            {!done && <Form details={details} update={lab !== null} disabled={busy !== ''} onChange={setDetails} />}
            {!done && <FigureList figures={actions.figures} words={actions.words} onChange={actions.setWords} />}
            {done && lab && <Next />}
          </>
        )}
      </div>
      <Footer
        busy={busy || (guard.ready ? guard.busy : '')}
        said={said}
        close={close}
        closes={done ? 'Done' : 'Close'}
      >
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
      </Footer>
    </form>
  );
}

function Next(): JSX.Element {
  return (
    <p>
      Copy the link above, put the lab into a page of your own under <strong>Embed</strong>, or let single people and groups
      see or edit it under <strong>People</strong>.
    </p>
  );
}

function goTo(state: LabState, cell: number): void {
  const { content } = state.panel;
  content.activeCellIndex = cell - 1;
  void content.scrollToItem(cell - 1, 'center');
  content.activate();
}

function Choices(props: Pick<Props, 'actions' | 'state' | 'lab' | 'guard'>): JSX.Element {
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
