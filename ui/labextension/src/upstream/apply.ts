/** Writes a merge into an open notebook, as one step that can be undone. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { JSONObject, JSONValue } from '@lumino/coreutils';

import { steps } from './steps';
import type { NotebookJson } from './wire';

const KEY = 'mlabs';
/** Mine says where it runs. */
const OWN = ['kernelspec', 'language_info'];

interface Undone {
  type: 'undo' | 'redo';
  stackItem: StackItem;
}

interface StackItem {
  meta: Map<unknown, unknown>;
}

/** The part of Yjs's UndoManager that is needed here. */
interface History {
  undoStack: StackItem[];
  redoStack: StackItem[];
  stopCapturing(): void;
  on(name: 'stack-item-popped', listener: (event: Undone) => void): void;
}

type Model = NotebookPanel['context']['model'];

const watched = new WeakSet<History>();

/** The notebook as it is now. */
export function contentOf(panel: NotebookPanel): NotebookJson {
  return panel.context.model.toJSON() as unknown as NotebookJson;
}

/**
 * Keep what there is as the checkpoint (File → Revert Notebook to Checkpoint), write, and save. `base` is what the
 * notebook stood on before: it does so again where the step is undone.
 */
export async function apply(panel: NotebookPanel, made: NotebookJson, base: JSONObject): Promise<void> {
  const { context } = panel;
  await context.save();
  await context.createCheckpoint();
  write(context.model, made, base);
  await context.save();
}

function write(model: Model, made: NotebookJson, base: JSONObject): void {
  const { sharedModel } = model;
  const history = (sharedModel as unknown as { undoManager: History }).undoManager;
  const old = (sharedModel.toJSON() as unknown as NotebookJson).cells;
  history.stopCapturing();
  sharedModel.transact(() => {
    for (const step of steps(old, made.cells)) {
      if ('delete' in step) {
        sharedModel.deleteCell(step.delete);
      } else {
        sharedModel.insertCell(step.insert, step.cell as Parameters<typeof sharedModel.insertCell>[1]);
      }
    }
  });
  history.stopCapturing();
  for (const [name, value] of Object.entries(made.metadata)) {
    if (!OWN.includes(name)) {
      model.setMetadata(name, value);
    }
  }
  follow(model, history, base, made.metadata[KEY] ?? {});
}

/** Metadata has no history: what the notebook stands on goes back and forth with the cells. */
function follow(model: Model, history: History, before: JSONObject, after: JSONValue): void {
  const upstream = (after as JSONObject)['upstream'] as JSONValue;
  history.undoStack.at(-1)?.meta.set(KEY, { undo: before, redo: upstream });
  if (watched.has(history)) {
    return;
  }
  watched.add(history);
  history.on('stack-item-popped', ({ type, stackItem }) => {
    const both = stackItem.meta.get(KEY) as Record<'undo' | 'redo', JSONValue> | undefined;
    if (both !== undefined) {
      const own = model.getMetadata(KEY) as JSONObject | undefined;
      model.setMetadata(KEY, { ...own, upstream: both[type] });
      const next = type === 'undo' ? history.redoStack : history.undoStack;
      next.at(-1)?.meta.set(KEY, both);
    }
  });
}
