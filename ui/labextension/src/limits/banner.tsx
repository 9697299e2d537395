/** A message above everything, dialogs too: it must be seen on any page and without a server. */

import { ReactWidget } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

export interface Message {
  kind: 'soon' | 'near' | 'over';
  text: string;
  /** Where to go on. */
  link: { url: string; label: string } | null;
}

export class Banner extends ReactWidget {
  private message: Message | null = null;

  constructor() {
    super();
    this.addClass('mlabs-Banner');
    this.addClass('jp-ThemedContainer');
  }

  tell(message: Message | null): void {
    this.message = message;
    if (!this.isAttached) {
      Widget.attach(this, document.body);
    }
    this.update();
  }

  protected render(): JSX.Element | null {
    const { message } = this;
    if (message === null) {
      return null;
    }
    return (
      <div className="mlabs-Bar" role="alert" data-kind={message.kind}>
        <span>{message.text}</span>
        {message.link && (
          <a className="mlabs-Button mlabs-mod-accent" href={message.link.url}>
            {message.link.label}
          </a>
        )}
        <button type="button" className="mlabs-Button" onClick={() => this.tell(null)}>
          OK
        </button>
      </div>
    );
  }
}
