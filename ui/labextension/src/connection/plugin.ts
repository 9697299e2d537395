/** Keeps the connections to kernels over everything that a network does. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { ILimits } from '../limits/plugin';
import { PLUGIN } from '../tokens';
import { TIMING } from './heartbeat';
import { lasting } from './lasting';
import { Connections } from './model';
import { connectionNotice } from './notice';

/** Whoever comes back to the page, or to the network, need not wait for the next look. */
function onReturn(check: () => void): void {
  window.addEventListener('online', check);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      check();
    }
  });
}

async function follow(settings: ISettingRegistry): Promise<void> {
  const known = await settings.load(PLUGIN.connection);
  const read = (): void => {
    TIMING.ping = 1000 * (known.composite.ping as number);
    TIMING.silence = 1000 * (known.composite.silence as number);
  };
  known.changed.connect(read);
  read();
}

function activate(
  app: JupyterFrontEnd,
  tracker: INotebookTracker | null,
  settings: ISettingRegistry | null,
  limits: ILimits | null
): void {
  const connections = new Connections();
  const kernels = app.serviceManager.kernels.serverSettings;
  const { WebSocket, check } = lasting(kernels.WebSocket, connections);
  // A kernel manager of our own would leave JupyterLab without kernels wherever this extension fails to load.
  Object.assign(kernels, { WebSocket });
  onReturn(check);
  limits?.ended.connect((_, ended) => connections.serverEnded(ended));
  const notices = new Set<{ update(): void }>();
  connections.onChange = () => notices.forEach(notice => notice.update());
  const add = (panel: NotebookPanel): void => {
    const notice = connectionNotice({ panel, connections, check });
    notices.add(notice);
    panel.disposed.connect(() => notices.delete(notice));
    panel.contentHeader.addWidget(notice);
  };
  tracker?.forEach(add);
  tracker?.widgetAdded.connect((_, panel) => add(panel));
  if (settings !== null) {
    follow(settings).catch((reason: unknown) => console.warn('MLabs could not read its settings:', reason));
  }
}

export const connection: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.connection,
  description: 'Keeps the connections to kernels, and catches up with what they said meanwhile.',
  autoStart: true,
  optional: [INotebookTracker, ISettingRegistry, ILimits],
  activate
};
