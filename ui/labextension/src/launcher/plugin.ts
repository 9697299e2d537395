/** Cards in JupyterLab's launcher: new labs, labs of one's own, an import, and the Welcome lab. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { LabIcon } from '@jupyterlab/ui-components';

import { advice, asApiError } from '../errors';
import { importIcon, labIcon, newIcon, welcomeIcon } from '../icons';
import { ILabs } from '../labs';
import { absolute } from '../links';
import { COMMAND, PLUGIN } from '../tokens';
import { beginnings, type Card, LABS, NEW, page, recent } from './cards';
import type { StartingPoints } from './wire';

const SETTING = 'cards';

type Args = Record<string, unknown>;

interface Offer {
  label: (args: Args) => string;
  caption: string;
  icon: LabIcon;
}

const OFFERS: Record<string, Offer> = {
  [COMMAND.newLab]: {
    label: args => (args['title'] ? `New lab with ${String(args['title'])}` : 'New Lab…'),
    caption: 'Make a lab in this environment; it opens in a new tab',
    icon: newIcon
  },
  [COMMAND.openLab]: {
    label: args => (args['title'] ? String(args['title']) : 'My Labs'),
    caption: 'Open this lab in a new tab',
    icon: labIcon
  },
  [COMMAND.importUrl]: {
    label: args => ('cwd' in args ? 'Import by URL' : 'Import a Notebook by URL…'),
    caption: 'Make a lab of a notebook from GitHub, Colab, or any other address',
    icon: importIcon
  },
  [COMMAND.welcome]: {
    label: args => ('cwd' in args ? 'Welcome' : 'Open the Welcome Lab…'),
    caption: 'A first notebook that shows how labs work',
    icon: welcomeIcon
  }
};

function activate(
  app: JupyterFrontEnd,
  labs: ILabs,
  launcher: ILauncher | null,
  registry: ISettingRegistry | null,
  palette: ICommandPalette | null
): void {
  const points = (): Promise<StartingPoints> => labs.api.send<StartingPoints>('GET', 'starting', {});
  for (const [command, offer] of Object.entries(OFFERS)) {
    app.commands.addCommand(command, {
      ...offer,
      execute: args => lead(labs, points, page(command, args))
    });
    palette?.addItem({ command, category: 'MLabs' });
  }
  if (launcher !== null) {
    void app.restored.then(async () => {
      const settings = await registry?.load(PLUGIN.launcher);
      if (settings?.get(SETTING).composite !== false) {
        await offer(launcher, points);
      }
    });
  }
}

/** Open the tab while the click counts, for browsers block those that come later; then lead it on. */
async function lead(labs: ILabs, points: () => Promise<StartingPoints>, to: string): Promise<void> {
  const tab = window.open('about:blank', '_blank');
  try {
    const { base } = await points();
    const address = absolute(URLExt.join(base, to), labs.origin);
    if (tab === null) {
      Notification.warning('The browser did not open a tab.', {
        actions: [{ label: 'Open it', callback: () => void window.open(address, '_blank', 'noopener') }]
      });
      return;
    }
    tab.opener = null;
    tab.location.href = address;
  } catch (reason) {
    tab?.close();
    const error = asApiError(reason);
    Notification.error(`${error.message} ${advice(error)}`.trim());
  }
}

/** Fill the launcher; where the service does not answer, it is as JupyterLab has it. */
async function offer(launcher: ILauncher, points: () => Promise<StartingPoints>): Promise<void> {
  const add = (category: string, cards: Card[], categoryRank: number): void => {
    cards.forEach(card => launcher.add({ ...card, category, categoryRank }));
  };
  try {
    const found = await points();
    add(NEW, beginnings(found), 1);
    add(LABS, recent(found), 2);
  } catch (reason) {
    console.warn('MLabs: the launcher has no cards of labs.', asApiError(reason).message);
  }
}

export const launcher: JupyterFrontEndPlugin<void> = {
  id: PLUGIN.launcher,
  description: 'Cards for new labs and those of one’s own in the launcher.',
  autoStart: true,
  requires: [ILabs],
  optional: [ILauncher, ISettingRegistry, ICommandPalette],
  activate
};
