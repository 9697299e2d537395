/** What a merge changes, and the choice between two cells. */

import * as React from 'react';

import { cellName, conflictTitle } from './news';
import type { ComparedCell, ComparedLine } from '../wire';
import type { Choice, Conflict, Take } from './wire';

const CHANGES = { changed: 'Changed', added: 'Added', removed: 'Removed', same: 'Same' };
/** More lines than that of a cell, or cells, nobody reads in a dialog: the page of the fork has all of them. */
const MAX_LINES = 200;
const MAX_CELLS = 100;

export function Changes({ cells }: { cells: ComparedCell[] }): JSX.Element {
  return (
    <>
      {cells.slice(0, MAX_CELLS).map((cell, n) => (
        <section key={n} className="mlabs-Merge-cell" aria-label={cellName(cell.type, cell.b ?? cell.a)}>
          <header>
            <strong>{CHANGES[cell.change]}</strong> <span>{cellName(cell.type, cell.b ?? cell.a)}</span>
          </header>
          <Lines lines={cell.lines} />
          {cell.outputs && <small>What it shows changes too.</small>}
        </section>
      ))}
      {cells.length > MAX_CELLS && <p>And {cells.length - MAX_CELLS} more cells.</p>}
    </>
  );
}

/** The lines that differ, with a sign in front: the one below the other, as there is little room. */
function Lines({ lines }: { lines: ComparedLine[] }): JSX.Element | null {
  const differ = lines.filter(line => line.old !== line.new).slice(0, MAX_LINES);
  if (differ.length === 0) {
    return null;
  }
  return (
    <pre tabIndex={0} role="group" aria-label="Lines that differ">
      {differ.map((line, n) => (
        <React.Fragment key={n}>
          {line.old !== null && <del>− {line.old}</del>}
          {line.new !== null && <ins>+ {line.new}</ins>}
        </React.Fragment>
      ))}
    </pre>
  );
}

interface Props {
  conflict: Conflict;
  choice: Choice | undefined;
  disabled: boolean;
  onChange: (choice: Choice) => void;
}

export function ConflictChoice({ conflict, choice, disabled, onChange }: Props): JSX.Element {
  const { id, mine, theirs } = conflict;
  const option = (take: Take, label: string): JSX.Element => (
    <label data-checked={choice?.take === take}>
      <input
        type="radio"
        name={`mlabs-merge-${id}`}
        checked={choice?.take === take}
        required
        onChange={() => onChange(take === 'edit' ? { take, source: mine ?? theirs ?? '' } : { take })}
      />
      {label}
    </label>
  );
  return (
    <fieldset className="mlabs-Merge-cell mlabs-mod-conflict" disabled={disabled}>
      <legend>
        {conflictTitle(conflict)} ({cellName(conflict.type, conflict.a ?? conflict.b)})
      </legend>
      <div className="mlabs-Merge-sides">
        <Side title="Yours" source={mine} />
        <Side title="The original's" source={theirs} />
      </div>
      {conflict.base !== null && (
        <details>
          <summary>As it was before both</summary>
          <pre tabIndex={0}>{conflict.base}</pre>
        </details>
      )}
      <div className="mlabs-Merge-choices">
        {option('mine', mine === null ? 'Leave it removed' : 'Keep yours')}
        {option('theirs', theirs === null ? 'Remove it' : 'Take the original’s')}
        {mine !== null && theirs !== null && option('both', 'Both, one below the other')}
        {option('edit', 'Write it anew')}
      </div>
      {choice?.take === 'edit' && (
        <textarea
          aria-label="What the cell is to say"
          rows={5}
          spellCheck={false}
          value={choice.source ?? ''}
          onChange={event => onChange({ take: 'edit', source: event.target.value })}
        />
      )}
    </fieldset>
  );
}

function Side({ title, source }: { title: string; source: string | null }): JSX.Element {
  return (
    <div>
      <small>{title}</small>
      {source === null ? <p>Removed</p> : <pre tabIndex={0}>{source || ' '}</pre>}
    </div>
  );
}
