/** Pictures in outputs of the open notebook that have no words for those who cannot see them. */

import type { ICodeCellModel } from '@jupyterlab/cells';
import type { JSONObject } from '@lumino/coreutils';

import type { LabState } from '../lab';
import { setOutputs } from './check';
import { describe, pictureOf } from './pictures';

export interface Figure {
  /** Of the cell from 0, and of the output in it. */
  cell: number;
  output: number;
  mime: string;
  /** For `<img>`. */
  url: string;
}

export function figuresOf(state: LabState): Figure[] {
  const figures: Figure[] = [];
  const { cells } = state.panel.context.model;
  for (let cell = 0; cell < cells.length; cell++) {
    const outputs = outputsOf(state, cell);
    outputs.forEach((output, n) => {
      const picture = pictureOf(output);
      if (picture) {
        figures.push({ cell, output: n, ...picture });
      }
    });
  }
  return figures;
}

/** Write the words of figures into the document; empty ones are left out. */
export function writeAlt(state: LabState, figures: Figure[], words: readonly string[]): void {
  const { cells } = state.panel.context.model;
  figures.forEach((figure, n) => {
    const alt = (words[n] ?? '').trim();
    const outputs = outputsOf(state, figure.cell);
    const output = outputs[figure.output];
    if (alt && output && pictureOf(output)?.url === figure.url) {
      outputs[figure.output] = describe(output, figure.mime, alt);
      setOutputs(cells.get(figure.cell) as ICodeCellModel, outputs);
    }
  });
}

function outputsOf(state: LabState, index: number): JSONObject[] {
  const cell = state.panel.context.model.cells.get(index);
  return cell.type === 'code' ? ((cell as ICodeCellModel).sharedModel.getOutputs() as unknown as JSONObject[]) : [];
}
