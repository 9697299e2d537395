/** Which cells an embed shows. */

import * as React from 'react';

import type { PickableCell } from './cells';
import { Choice, Field } from './choice';
import { cellsProblem, type EmbedOptions } from './embed_options';

interface Props {
  options: EmbedOptions;
  cells: PickableCell[];
  onChange: (change: Partial<EmbedOptions>) => void;
  selected: () => string[];
}

export function CellChoice({ options, cells, onChange, selected }: Props): JSX.Element {
  const { which, picked, typed } = options;
  const ids = cells.map(cell => cell.id);
  const problem = cellsProblem(options, ids);
  const problemId = React.useId();
  const choose = (chosen: EmbedOptions['which']): void => {
    const first = chosen === 'picked' && picked.length === 0;
    onChange({ which: chosen, ...(first ? { picked: selected() } : {}) });
  };
  return (
    <>
      <Choice
        label="Cells"
        value={which}
        choices={[
          { value: 'all', label: cells.length === 1 ? 'All: one cell' : `All ${cells.length}` },
          { value: 'picked', label: 'Those that I pick' },
          { value: 'typed', label: 'By numbers and ranges' }
        ]}
        onChange={choose}
      />
      {which === 'picked' && <CellList cells={cells} picked={picked} onChange={onChange} />}
      {which === 'typed' && (
        <Field label="Numbers and ranges">
          {id => (
            <input
              id={id}
              value={typed}
              maxLength={2000}
              placeholder="2-4,7"
              spellCheck={false}
              aria-invalid={problem !== ''}
              aria-describedby={problemId}
              onChange={event => onChange({ typed: event.target.value })}
            />
          )}
        </Field>
      )}
      <small id={problemId} className="mlabs-Form-problem" role="status">
        {problem}
      </small>
    </>
  );
}

function CellList({ cells, picked, onChange }: Pick<Props, 'cells' | 'onChange'> & { picked: readonly string[] }): JSX.Element {
  const toggle = (id: string, on: boolean): void => {
    const wanted = new Set(picked);
    on ? wanted.add(id) : wanted.delete(id);
    onChange({ picked: cells.map(cell => cell.id).filter(each => wanted.has(each)) });
  };
  return (
    <fieldset className="mlabs-CellList">
      <legend>They stay the same when others are put before them.</legend>
      <div>
        {cells.map(cell => (
          <label key={cell.id}>
            <input
              type="checkbox"
              checked={picked.includes(cell.id)}
              onChange={event => toggle(cell.id, event.target.checked)}
            />
            <span>{cell.number}</span>
            <code data-type={cell.type}>{cell.line}</code>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
