/** Puts code into a notebook, where a person expects it, and finds what code reads a dataset. */

import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

/** Into the active cell where that is an empty code cell, else into a new one below it; the cursor is behind it. */
export async function insertCode(panel: NotebookPanel, code: string): Promise<void> {
  const { content } = panel;
  const active = content.activeCell?.model;
  if (active?.type !== 'code' || active.sharedModel.getSource().trim() !== '') {
    NotebookActions.insertBelow(content);
  }
  const cell = content.activeCell;
  await cell?.ready;
  content.mode = 'edit';
  cell?.editor?.focus();
  cell?.model.sharedModel.setSource(code);
  const lines = code.split('\n');
  cell?.editor?.setCursorPosition({ line: lines.length - 1, column: (lines.at(-1) ?? '').length });
}

/** At the cursor of the active code cell; into a new cell where there is none. */
export function insertText(panel: NotebookPanel, text: string): void {
  const cell = panel.content.activeCell;
  const editor = cell?.model.type === 'code' ? cell.editor : null;
  if (editor?.replaceSelection === undefined) {
    void insertCode(panel, text);
    return;
  }
  editor.replaceSelection(text);
  panel.content.mode = 'edit';
  editor.focus();
}

/** Whether a cell of the notebook names this path. */
export function reads(panel: NotebookPanel, path: string): boolean {
  const model = panel.content.model;
  return model !== null && [...model.cells].some(cell => cell.sharedModel.getSource().includes(path));
}
