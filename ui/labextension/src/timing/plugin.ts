/** Shows beside each cell how long it took last, as long as the setting says so. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { COMMAND, PLUGIN } from '../tokens';
import { Margin } from './margin';

const SETTING = 'show';

async function activate(
  app: JupyterFrontEnd,
  tracker: INotebookTracker | null,
  registry: ISettingRegistry | null,
  palette: ICommandPalette | null
): Promise<void> {
  if (tracker === null) {
    return;
  }
  const margins = new Set<Margin>();
  let shown = true;
  const follow = (panel: NotebookPanel): void => {
    const margin = new Margin(panel);
    margin.show(shown);
    margins.add(margin);
    panel.disposed.connect(() => margins.delete(margin));
  };
  tracker.widgetAdded.connect((_, panel) => follow(panel));
  tracker.forEach(follow);
  const settings = await registry?.load(PLUGIN.timing);
  const apply = (): void => {
    shown = settings?.get(SETTING).composite !== false;
    margins.forEach(margin => margin.show(shown));
    app.commands.notifyCommandChanged(COMMAND.timing);
  };
  app.commands.addCommand(COMMAND.timing, {
    label: 'Show Time of Each Cell',
    caption: 'In the margin: how long each cell took, and when it ended',
    isToggled: () => shown,
    isEnabled: () => settings !== undefined,
    execute: () => settings?.set(SETTING, !shown)
  });
  palette?.addItem({ command: COMMAND.timing, category: 'MLabs' });
  settings?.changed.connect(apply);
  apply();
}

export const timing: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.timing,
  description: 'Shows beside each cell how long it took last.',
  autoStart: true,
  optional: [INotebookTracker, ISettingRegistry, ICommandPalette],
  activate
};
