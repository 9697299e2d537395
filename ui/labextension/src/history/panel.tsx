/** The History sidebar. */

import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { advice } from '../errors';
import { historyIcon } from '../icons';
import { SidePanel } from '../side_panel';
import { HISTORY_PANEL } from '../tokens';
import type { HistoryActions } from './actions';
import { Filters } from './filters';
import type { HistoryModel } from './model';
import { RunRow } from './run_row';

/** Milliseconds between two readings of the clock; they cost no request. */
const TICK = 30_000;

export class HistoryPanel extends SidePanel<HistoryModel> {
  private readonly onPageShown = (): void => this.model.refreshIn(0);

  constructor(
    model: HistoryModel,
    private readonly actions: HistoryActions
  ) {
    super(model, {
      id: HISTORY_PANEL,
      className: 'mlabs-History',
      name: 'History',
      caption: 'History: runs of this notebook',
      icon: historyIcon,
      notebook: () => model.state?.panel ?? null
    });
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    document.addEventListener('visibilitychange', this.onPageShown);
  }

  protected override onAfterHide(message: Message): void {
    document.removeEventListener('visibilitychange', this.onPageShown);
    super.onAfterHide(message);
  }

  protected render(): JSX.Element {
    return <History model={this.model} actions={this.actions} />;
  }
}

interface Props {
  model: HistoryModel;
  actions: HistoryActions;
}

function History({ model, actions }: Props): JSX.Element {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const onChange = (): void => redraw();
    model.changed.connect(onChange);
    const clock = window.setInterval(redraw, TICK);
    return () => {
      model.changed.disconnect(onChange);
      window.clearInterval(clock);
    };
  }, [model]);
  return (
    <>
      <header>
        <h2>History</h2>
        {model.state && (
          <button type="button" className="mlabs-Button" onClick={() => model.refreshIn(0)}>
            Refresh
          </button>
        )}
      </header>
      {model.error && (
        <div className="mlabs-Failure" role="alert">
          <strong>{model.error.message}</strong> {advice(model.error)}
        </div>
      )}
      {model.unavailable && (
        <p className="mlabs-History-note" role="status">
          Only runs of this server are shown. {model.unavailable}
        </p>
      )}
      {model.state && <Filters model={model} />}
      <Runs model={model} actions={actions} />
    </>
  );
}

function Runs({ model, actions }: Props): JSX.Element | null {
  if (model.state === null) {
    return <Empty title="No notebook is open" text="Open a notebook to see its runs here." />;
  }
  if (model.runs === null) {
    return model.error ? null : <p className="mlabs-History-note">Loading…</p>;
  }
  if (model.runs.length === 0 && (model.filter.status !== null || model.filter.kind !== null)) {
    return <Empty title="No run fits" text="None of this notebook's runs is like that. Choose all to see the others." />;
  }
  if (model.runs.length === 0) {
    return (
      <Empty
        title="No runs yet"
        text="Run a cell with Shift+Enter. Each run is kept here: when it was, how long it took, how it ended and what it logged. You can compare it with the notebook as it is, get its code back, or run it again."
      />
    );
  }
  const now = Date.now();
  return (
    <>
      <ul className="mlabs-History-runs" aria-label="Runs, newest first">
        {model.runs.map(run => (
          <RunRow key={run.id} run={run} series={model.series.get(run.id) ?? null} now={now} actions={actions} />
        ))}
      </ul>
      {model.hasMore && (
        <button
          type="button"
          className="mlabs-Button mlabs-History-more"
          disabled={model.loadingMore}
          onClick={() => void model.loadMore()}
        >
          {model.loadingMore ? 'Loading…' : 'Show older runs'}
        </button>
      )}
    </>
  );
}

function Empty({ title, text }: { title: string; text: string }): JSX.Element {
  return (
    <div className="mlabs-History-empty">
      <historyIcon.react tag="span" aria-hidden="true" />
      <strong>{title}</strong>
      <p>{text}</p>
    </div>
  );
}
