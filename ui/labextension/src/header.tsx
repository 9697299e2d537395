/** A line above a notebook, as high as what it says: its panel gives its children no more than they ask for. */

import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

export class HeaderWidget extends ReactWidget {
  private readonly size = new ResizeObserver(() => this.fitContent());
  private readonly inner = React.createRef<HTMLDivElement>();

  constructor(private readonly content: () => JSX.Element | null) {
    super();
  }

  override dispose(): void {
    this.size.disconnect();
    super.dispose();
  }

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
