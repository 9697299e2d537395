/** Hands out the one LabState of each notebook; the other plugins stand on it. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';

import { Api } from './api';
import { LabState } from './lab';
import { absolute } from './links';
import { saveInTurn } from './saving';
import { PLUGIN } from './tokens';

export interface ILabs {
  readonly api: Api;
  /** The origin under which people reach the hub. */
  readonly origin: string;
  /** The page of the lab that this server is for: there whether the server answers or not. */
  readonly page: string;
  of(panel: NotebookPanel): LabState;
}

export const ILabs = new Token<ILabs>(
  'mlabs-labextension:ILabs',
  'What is known about the labs of open notebooks.'
);

class Labs implements ILabs {
  readonly api: Api;
  readonly origin = PageConfig.getOption('hubHost') || window.location.origin;
  readonly page = absolute(PageConfig.getOption('mlabsLabPage') || '/', this.origin);
  private readonly states = new WeakMap<NotebookPanel, LabState>();

  constructor(app: JupyterFrontEnd) {
    this.api = new Api(app.serviceManager.serverSettings);
  }

  of(panel: NotebookPanel): LabState {
    let state = this.states.get(panel);
    if (state === undefined) {
      saveInTurn(panel.context);
      state = new LabState(panel, this.api);
      this.states.set(panel, state);
    }
    return state;
  }
}

export const labs: JupyterFrontEndPlugin<ILabs> = {
  id: PLUGIN.labs,
  description: 'What is known about the labs of open notebooks.',
  autoStart: true,
  provides: ILabs,
  activate: (app: JupyterFrontEnd) => new Labs(app)
};
