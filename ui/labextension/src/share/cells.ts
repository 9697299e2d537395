/** The cells of the open notebook, to pick from. */

import type { LabState } from '../lab';

export interface PickableCell {
  id: string;
  /** From 1. */
  number: number;
  type: string;
  /** What it begins with. */
  line: string;
}

const LENGTH = 80;

export function pickableCells(state: LabState): PickableCell[] {
  return [...state.panel.context.model.cells].map((cell, n) => ({
    id: cell.id,
    number: n + 1,
    type: cell.type,
    line: firstLine(cell.sharedModel.getSource())
  }));
}

/** The cells that are selected in the notebook now, to begin with. */
export function selectedCells(state: LabState): string[] {
  const { content } = state.panel;
  return content.widgets.filter(cell => content.isSelectedOrActive(cell)).map(cell => cell.model.id);
}

export function firstLine(source: string): string {
  const line = source.split('\n').find(each => each.trim() !== '') ?? '';
  return line.trim().slice(0, LENGTH) || '(empty)';
}
