/** A widget above a notebook that is as high as what it says. */

import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

/** The panel that it is put into gives its children no more than they ask for. */
export abstract class FittedWidget extends ReactWidget {
  private readonly size = new ResizeObserver(() => this.fitContent());
  private readonly inner = React.createRef<HTMLDivElement>();

  override dispose(): void {
    this.size.disconnect();
    super.dispose();
  }

  protected abstract content(): JSX.Element;

  protected render(): JSX.Element {
    return <div ref={this.inner}>{this.content()}</div>;
  }

  protected override onUpdateRequest(message: Message): void {
    super.onUpdateRequest(message);
    void this.renderPromise?.then(() => this.observe());
  }

  private observe(): void {
    if (this.inner.current !== null && !this.isDisposed) {
      this.size.observe(this.inner.current);
    }
  }

  private fitContent(): void {
    this.node.style.minHeight = `${this.inner.current?.offsetHeight ?? 0}px`;
    this.parent?.fit();
  }
}
