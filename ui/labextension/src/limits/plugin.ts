/** Warns before this server is stopped. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

import { ILabs } from '../labs';
import { saveAll } from '../saving';
import { PLUGIN } from '../tokens';
import { Banner } from './banner';
import { LimitsWatch } from './watch';

export const limits: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.limits,
  description: 'Warns before this server is stopped, and saves what is open.',
  autoStart: true,
  requires: [ILabs],
  activate: (app: JupyterFrontEnd, labs: ILabs) => {
    const watch = new LimitsWatch(labs.api, new Banner(), () => saveAll(app.commands), labs.origin);
    void app.restored.then(() => watch.look());
  }
};
