/** Has JupyterLab say that a server is gone only where it is, and then where to go on. */

import { IConnectionLost, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { ILimits } from '../limits/plugin';
import { PLUGIN } from '../tokens';
import { Lost } from './gone';

/** The status of an answer of this server, or of the hub in its place; 0 where none comes. */
async function asked(settings: ServerConnection.ISettings): Promise<number> {
  try {
    const url = URLExt.join(settings.baseUrl, 'api/status');
    return (await ServerConnection.makeRequest(url, {}, settings)).status;
  } catch {
    return 0;
  }
}

export const gone: JupyterFrontEndPlugin<IConnectionLost> = {
  id: PLUGIN.gone,
  description: 'Says that this server is gone, where it is and not only out of reach.',
  autoStart: true,
  provides: IConnectionLost,
  requires: [ILimits],
  activate: (app: JupyterFrontEnd, limits: ILimits) => {
    const settings = app.serviceManager.serverSettings;
    const lost = new Lost(
      () => asked(settings),
      () => limits.gone()
    );
    return () => lost.look();
  }
};
