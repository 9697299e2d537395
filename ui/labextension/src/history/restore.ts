/** Puts the code and outputs of a run back into the open notebook, as one step that can be undone. */

import type { ISharedCodeCell, ISharedNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { type JSONArray, JSONExt } from '@lumino/coreutils';

import type { ExecutedCell } from './wire';

export interface Present {
  id: string;
  type: string;
  source: string;
}

/** Where each executed cell goes: into the cell with that id, or in as a new one. */
export interface Plan {
  places: { cell: ExecutedCell; into: string | null }[];
  /** Cells whose code becomes another. */
  changed: number;
  /** Cells that come back. */
  added: number;
}

export function text(source: string | string[]): string {
  return typeof source === 'string' ? source : source.join('');
}

/** Cells are found again by their ids, and where these are unknown by their code. */
export function plan(present: Present[], executed: ExecutedCell[]): Plan {
  const free = new Map(present.filter(cell => cell.type === 'code').map(cell => [cell.id, cell]));
  const byId = executed.map(cell => {
    const found = free.get(cell.id);
    free.delete(cell.id);
    return found;
  });
  const places = executed.map((cell, at) => {
    const same = byId[at] ?? [...free.values()].find(other => other.source === text(cell.source));
    if (same !== undefined) {
      free.delete(same.id);
    }
    return { cell, into: same?.id ?? null, changes: same !== undefined && same.source !== text(cell.source) };
  });
  return {
    places: places.map(({ cell, into }) => ({ cell, into })),
    changed: places.filter(place => place.changes).length,
    added: places.filter(place => place.into === null).length
  };
}

/** What a restore would do, in words. */
export function consequence({ places, changed, added }: Plan): string {
  const counted = (count: number, one: string, many: string): string => (count === 1 ? one : `${count} ${many}`);
  const found = [
    ...(changed ? [counted(changed, 'One cell gets its code of then.', 'cells get their code of then.')] : []),
    ...(added ? [counted(added, 'One cell comes back.', 'cells come back.')] : []),
    ...(changed || added ? [] : ['The code is as it was then.']),
    counted(places.length, 'One cell shows its output of then.', 'cells show their outputs of then.'),
    'Texts, and cells that the run did not execute, stay as they are.'
  ];
  return found.join(' ');
}

export function present(notebook: ISharedNotebook): Present[] {
  return notebook.cells.map(cell => ({ id: cell.getId(), type: cell.cell_type, source: cell.getSource() }));
}

export function apply(notebook: ISharedNotebook, { places }: Plan): void {
  // What was typed just before is a step of its own.
  const { undoManager } = notebook as { undoManager?: { stopCapturing(): void } };
  undoManager?.stopCapturing();
  notebook.transact(() => {
    let next = 0;
    for (const { cell, into } of places) {
      const at = into === null ? -1 : notebook.cells.findIndex(other => other.getId() === into);
      if (at < 0) {
        notebook.insertCell(next, { cell_type: 'code', metadata: {}, ...content(cell) });
        next += 1;
      } else {
        restored(notebook, at, cell);
        next = at + 1;
      }
    }
  });
  undoManager?.stopCapturing();
}

/**
 * Other outputs come with a new cell in the place of the old one: JupyterLab takes prints that replace prints in
 * one change for more of the same, and shows none of them.
 */
function restored(notebook: ISharedNotebook, at: number, cell: ExecutedCell): void {
  const old = notebook.getCell(at) as ISharedCodeCell;
  const source = text(cell.source);
  if (!JSONExt.deepEqual(old.getOutputs() as JSONArray, cell.outputs as JSONArray)) {
    // Nothing can be asked of a cell that is deleted.
    const [id, metadata] = [old.getId(), old.getMetadata()];
    notebook.deleteCell(at);
    notebook.insertCell(at, { cell_type: 'code', metadata, ...content(cell), id });
    return;
  }
  if (old.getSource() !== source) {
    old.setSource(source);
  }
  old.execution_count = cell.execution_count;
}

function content({ id, source, outputs, execution_count }: ExecutedCell): ExecutedCell {
  return { id, source: text(source), outputs, execution_count };
}

/** Where the notebook as it is goes before a restore: beside it. */
export function copyName(path: string, now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('.');
  return `${path.replace(/\.ipynb$/, '')} before restore ${day} ${time}.ipynb`;
}

/** Write the notebook as it is in this tab to a file of its own; its path. */
export async function keepCopy(panel: NotebookPanel, contents: Contents.IManager, now = new Date()): Promise<string> {
  const path = copyName(panel.context.path, now);
  await contents.save(path, { type: 'notebook', format: 'json', content: panel.context.model.toJSON() });
  return contents.localPath(path);
}
