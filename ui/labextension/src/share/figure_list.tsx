/** Asks for words on pictures that have none. */

import * as React from 'react';

import type { Figure } from './figures';

export function FigureList(props: {
  figures: Figure[];
  words: readonly string[];
  onChange: (words: string[]) => void;
}): JSX.Element | null {
  const { figures, words, onChange } = props;
  if (figures.length === 0) {
    return null;
  }
  const count = figures.length === 1 ? 'One figure has' : `${figures.length} figures have`;
  return (
    <details className="mlabs-Figures">
      <summary>{count} no description for people who cannot see it</summary>
      {figures.map((figure, n) => (
        <label key={`${figure.cell}-${figure.output}`}>
          <img src={figure.url} alt="" />
          <span>
            Figure of cell {figure.cell + 1}
            <input
              value={words[n] ?? ''}
              maxLength={1000}
              placeholder="What it shows, in a sentence"
              onChange={event => {
                const next = figures.map((_, k) => words[k] ?? '');
                next[n] = event.target.value;
                onChange(next);
              }}
            />
          </span>
        </label>
      ))}
    </details>
  );
}
