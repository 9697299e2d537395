/** The dialog that shows what a run and the open notebook, or another run, differ in. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Api } from '../api';
import { DialogHeader } from '../dialog_header';
import { type ApiError, asApiError } from '../errors';
import { Failure } from '../share/messages';
import { Overlay } from '../share/overlay';
import { exact } from '../time';
import { type ChangedCell, inOrder, isChanged, type Line, parts, rows } from './difference';
import * as requests from './requests';
import { statusOf } from './status';
import type { Difference, Pairs, PastRun } from './wire';

const TITLE_ID = 'mlabs-compare-title';
/** The other side, where it is no run. */
const NOW = '';

interface Props {
  api: Api;
  panel: NotebookPanel;
  runs: PastRun[];
  run: PastRun;
}

export function openComparison(api: Api, panel: NotebookPanel, runs: PastRun[], run: PastRun): void {
  const body = ReactWidget.create(
    <Compare api={api} panel={panel} runs={runs} run={run} close={() => overlay.dispose()} />
  );
  const overlay = new Overlay(body, TITLE_ID);
  overlay.addClass('mlabs-mod-wide');
  overlay.open();
}

function Compare({ api, panel, runs, run, close }: Props & { close: () => void }): JSX.Element {
  const [other, setOther] = React.useState(NOW);
  const [found, setFound] = React.useState<Difference | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  React.useEffect(() => {
    let stale = false;
    setFound(null);
    setError(null);
    const second = runs.find(({ id }) => id === other);
    const [earlier, later] = inOrder(run, second ?? run);
    const asked =
      second === undefined
        ? requests.compareWithNow(api, run.id, panel.context.model.toJSON() as object)
        : requests.compareRuns(api, panel.context.localPath, earlier.id, later.id);
    asked.then(
      difference => stale || setFound(difference),
      reason => stale || setError(asApiError(reason))
    );
    return () => {
      stale = true;
    };
  }, [other]);
  return (
    <>
      <DialogHeader id={TITLE_ID} title={`Compare the run of ${exact(Date.parse(run.started))}`} close={close} />
      <div className="mlabs-Dialog-body mlabs-Compare" tabIndex={0} role="region" aria-label="The difference">
        <label className="mlabs-Compare-with">
          With
          <select value={other} onChange={event => setOther(event.target.value)}>
            <option value={NOW}>the notebook as it is now</option>
            {runs.filter(({ id }) => id !== run.id).map(asOption)}
          </select>
        </label>
        {error && <Failure error={error} />}
        {!found && !error && <p role="status">Comparing…</p>}
        {found && <Found found={found} now={other === NOW} />}
      </div>
      <div className="mlabs-Dialog-footer">
        <span className="mlabs-Dialog-progress">
          {other === NOW ? 'Compared on your own server: nothing is published.' : ''}
        </span>
        <button type="button" className="mlabs-Button" onClick={close}>
          Close
        </button>
      </div>
    </>
  );
}

function asOption(run: PastRun): JSX.Element {
  return (
    <option key={run.id} value={run.id}>
      {`the run of ${exact(Date.parse(run.started))} (${statusOf(run).label})`}
    </option>
  );
}

function Found({ found, now }: { found: Difference; now: boolean }): JSX.Element {
  const shown = parts(found.cells, now);
  const changed = shown.filter(isChanged).length;
  return (
    <>
      <p role="status">
        {changed === 0 ? 'All cells are the same.' : changed === 1 ? 'One cell differs.' : `${changed} cells differ.`}
      </p>
      <Facts title="Metrics" pairs={found.metrics} />
      <Facts title="Parameters" pairs={found.parameters} />
      <Facts title="Environment" pairs={found.environment} />
      {shown.map((part, at) =>
        isChanged(part) ? (
          <Cell key={at} cell={part} />
        ) : (
          <p key={at} className="mlabs-Compare-same">
            {part.same === 1 ? '1 cell is the same' : `${part.same} cells are the same`}
          </p>
        )
      )}
    </>
  );
}

function Facts({ title, pairs }: { title: string; pairs: Pairs }): JSX.Element | null {
  const all = rows(pairs);
  if (all.length === 0) {
    return null;
  }
  return (
    <table className="mlabs-Compare-facts">
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">the earlier run</th>
          <th scope="col">the later run</th>
        </tr>
      </thead>
      <tbody>
        {all.map(([name, before, after]) => (
          <tr key={name} data-differs={before !== after}>
            <th scope="row">{name}</th>
            <td>{before}</td>
            <td>{after}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ cell }: { cell: ChangedCell }): JSX.Element {
  return (
    <section className="mlabs-Compare-cell">
      <h3>{cell.title}</h3>
      {cell.lines.length > 0 && (
        <table>
          <tbody>
            {cell.lines.map((line, at) => (
              <Row key={at} line={line} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const SIGNS = { same: ['', ''], removed: ['−', 'removed:'], added: ['+', 'added:'], folded: ['', ''] } as const;

function Row({ line }: { line: Line }): JSX.Element {
  const [sign, word] = SIGNS[line.kind];
  return (
    <tr data-kind={line.kind}>
      <td className="mlabs-Compare-number">{line.number || ''}</td>
      <td className="mlabs-Compare-sign">
        <span aria-hidden="true">{sign}</span>
        {word && <span className="mlabs-Hidden">{word}</span>}
      </td>
      <td className="mlabs-Compare-code">{line.text || ' '}</td>
    </tr>
  );
}
