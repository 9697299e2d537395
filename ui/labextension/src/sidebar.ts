/** A sidebar whose model works only while somebody looks at it. */

import { type LabIcon, ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';

interface Seen {
  show: (visible: boolean) => void;
}

interface Face {
  id: string;
  /** Its CSS class. */
  name: string;
  icon: LabIcon;
  /** What a screen reader calls it, and what its tab says. */
  label: string;
  caption: string;
}

export abstract class Sidebar<Model extends Seen> extends ReactWidget {
  constructor(
    protected readonly model: Model,
    face: Face
  ) {
    super();
    this.id = face.id;
    this.addClass(face.name);
    this.title.icon = face.icon;
    this.title.caption = face.caption;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', face.label);
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
}
