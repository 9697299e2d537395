/** Warns before this server is stopped. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Token } from '@lumino/coreutils';

import { ILabs } from '../labs';
import { saveAll } from '../saving';
import { PLUGIN } from '../tokens';
import { Banner } from './banner';
import { LimitsWatch } from './watch';

export type ILimits = LimitsWatch;

export const ILimits = new Token<ILimits>('mlabs-labextension:ILimits', 'When this server will be stopped.');

export const limits: JupyterFrontEndPlugin<ILimits> = {
  id: PLUGIN.limits,
  description: 'Warns before this server is stopped, and saves what is open.',
  autoStart: true,
  provides: ILimits,
  requires: [ILabs],
  activate: (app: JupyterFrontEnd, labs: ILabs) => {
    const watch = new LimitsWatch(labs.api, new Banner(), () => saveAll(app.commands), labs.page);
    void app.restored.then(() => watch.look());
    return watch;
  }
};
