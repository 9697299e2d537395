/** Looks a notebook through on the user's server, and takes fixes into the open document, where undo works. */

import type { ICodeCellModel, IAttachmentsCellModel } from '@jupyterlab/cells';
import type { JSONObject } from '@lumino/coreutils';

import type { Api } from '../api';
import type { LabState } from '../lab';
import type { Finding, FixedCell, FixedNotebook } from './wire';

/** What would be published: the notebook is saved first where it has changed. */
export async function check(api: Api, state: LabState): Promise<Finding[]> {
  const { context } = state.panel;
  if (context.model.dirty) {
    await context.save();
  }
  const asked = { path: state.path };
  return (await api.send<{ findings: Finding[] }>('POST', 'check', {}, asked)).findings;
}

/** Fix findings in the document and save it; returns what is found then. */
export async function fix(api: Api, state: LabState, ids: string[]): Promise<Finding[]> {
  const { context } = state.panel;
  if (context.model.dirty) {
    await context.save();
  }
  const fixed = await api.send<FixedNotebook>('POST', 'fix', {}, { path: state.path, findings: ids });
  take(state, fixed);
  await context.save();
  return check(api, state);
}

function take(state: LabState, fixed: FixedNotebook): void {
  const { model } = state.panel.context;
  model.sharedModel.transact(() => {
    fixed.cells.forEach(cell => takeCell(state, cell));
    if (fixed.metadata) {
      takeMetadata(state, fixed.metadata);
    }
  });
}

function takeMetadata(state: LabState, wanted: JSONObject): void {
  const { model } = state.panel.context;
  for (const key of Object.keys(model.metadata).filter(known => !(known in wanted))) {
    model.deleteMetadata(key);
  }
  for (const [key, value] of Object.entries(wanted)) {
    model.setMetadata(key, value);
  }
}

function takeCell(state: LabState, fixed: FixedCell): void {
  const cell = state.panel.context.model.cells.get(fixed.index);
  if (cell.sharedModel.getSource() !== fixed.source) {
    cell.sharedModel.setSource(fixed.source);
  }
  cell.sharedModel.setMetadata(fixed.metadata);
  if (cell.type === 'code' && fixed.outputs) {
    setOutputs(cell as ICodeCellModel, fixed.outputs);
  } else if (cell.type !== 'code' && fixed.attachments) {
    const attached = (cell as IAttachmentsCellModel).attachments;
    attached.fromJSON(fixed.attachments as Parameters<typeof attached.fromJSON>[0]);
  }
}

/** Show other outputs, where they differ from those that there are. */
export function setOutputs(cell: ICodeCellModel, outputs: JSONObject[]): void {
  // On the shared model: what the cell itself shows follows it, but not always the other way round.
  const shared = cell.sharedModel;
  if (JSON.stringify(shared.getOutputs()) !== JSON.stringify(outputs)) {
    shared.setOutputs(outputs as unknown as Parameters<typeof shared.setOutputs>[0]);
  }
}
