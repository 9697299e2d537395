/** What of a lab is embedded, and how it looks. */

import * as React from 'react';

import { CellChoice } from './cell_choice';
import type { PickableCell } from './cells';
import { Choice, Field } from './choice';
import { type EmbedOptions, heightProblem } from './embed_options';

interface Props {
  options: EmbedOptions;
  cells: PickableCell[];
  /** The latest version. */
  version: number;
  onChange: (change: Partial<EmbedOptions>) => void;
  /** The cells to begin with when some are to be picked. */
  selected: () => string[];
}

const SHOWS = [
  { value: '', label: 'Code and output' },
  { value: 'code', label: 'Only code' },
  { value: 'output', label: 'Only output' }
] as const;

const COLORS = [
  { value: '', label: 'Automatic, as the page' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' }
] as const;

const HEIGHTS = [
  { value: 'fixed', label: 'Fixed: what is longer scrolls' },
  { value: 'fit', label: 'Automatic: a script fits it' }
] as const;

const TITLES = [
  { value: '', label: 'Shown' },
  { value: '0', label: 'Left out' }
] as const;

export function EmbedFields({ options, cells, version, onChange, selected }: Props): JSX.Element {
  const versions = [
    { value: '', label: 'The latest, whatever it will be' },
    { value: String(version), label: `Version ${version}, fixed` }
  ];
  return (
    <div className="mlabs-EmbedFields" role="group" aria-label="What to embed">
      <CellChoice options={options} cells={cells} onChange={onChange} selected={selected} />
      <Choice label="Show" value={options.show} choices={SHOWS} onChange={show => onChange({ show })} />
      <Choice label="Colors" value={options.theme} choices={COLORS} onChange={theme => onChange({ theme })} />
      <Choice label="Height" value={options.height} choices={HEIGHTS} onChange={height => onChange({ height })} />
      {options.height === 'fixed' && <Pixels options={options} onChange={onChange} />}
      <Choice
        label="Version"
        value={options.version}
        choices={versions}
        onChange={fixed => onChange({ version: fixed })}
      />
      <Choice label="Title line" value={options.header} choices={TITLES} onChange={header => onChange({ header })} />
    </div>
  );
}

function Pixels({ options, onChange }: Pick<Props, 'options' | 'onChange'>): JSX.Element {
  const problem = heightProblem(options);
  return (
    <Field label="Height in pixels">
      {id => (
        <>
          <input
            id={id}
            type="number"
            min={48}
            max={10000}
            value={options.pixels}
            aria-invalid={problem !== ''}
            aria-describedby={`${id}-problem`}
            onChange={event => onChange({ pixels: event.target.value })}
          />
          <small id={`${id}-problem`} className="mlabs-Form-problem" role="status">
            {problem}
          </small>
        </>
      )}
    </Field>
  );
}
