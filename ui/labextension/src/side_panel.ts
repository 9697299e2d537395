/**
 * A panel of a sidebar: its model works only while somebody looks at it, it takes the focus when it is asked for,
 * and Escape leads back to the notebook.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { type LabIcon, ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { Widget } from '@lumino/widgets';

/** The palette gives the focus back to the notebook once a command has begun: the panel gets it after that. */
export async function showPanel(shell: JupyterFrontEnd.IShell, id: string): Promise<void> {
  await new Promise(resolve => window.setTimeout(resolve));
  shell.activateById(id);
}

interface Seen {
  show: (visible: boolean) => void;
}

export interface SidePanelOptions {
  id: string;
  className: string;
  /** What a screen reader calls it. */
  name: string;
  /** What its tab says. */
  caption: string;
  icon: LabIcon;
  /** What it is about now, which gets the focus back. */
  notebook: () => Widget | null;
}

export abstract class SidePanel<Model extends Seen> extends ReactWidget {
  private readonly notebook: () => Widget | null;

  constructor(
    protected readonly model: Model,
    { id, className, name, caption, icon, notebook }: SidePanelOptions
  ) {
    super();
    this.notebook = notebook;
    this.id = id;
    this.addClass('mlabs-SidePanel');
    this.addClass(className);
    this.title.icon = icon;
    this.title.caption = caption;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', name);
    this.node.tabIndex = -1;
    this.node.addEventListener('keydown', event => this.onKey(event));
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.show(true);
  }

  protected override onAfterHide(message: Message): void {
    this.model.show(false);
    super.onAfterHide(message);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      this.onAfterShow(message);
    }
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    if (!this.node.contains(document.activeElement)) {
      this.node.focus();
    }
  }

  private onKey(event: KeyboardEvent): void {
    const notebook = event.key === 'Escape' && !event.defaultPrevented ? this.notebook() : null;
    if (notebook !== null) {
      event.preventDefault();
      notebook.activate();
    }
  }
}
