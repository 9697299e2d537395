/** The bar above a notebook that asks for another runtime than it has. */

import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { advice } from '../errors';
import type { RuntimeModel } from './model';
import { runtimeLabel } from './wording';

function Bar({ model }: { model: RuntimeModel }): JSX.Element | null {
  const { state, error } = model;
  if (error !== null) {
    const text = `The runtime was not changed. ${error.message} ${advice(error)}`.trim();
    return <Line kind="error" text={text} model={model} />;
  }
  if (state === null) {
    return null;
  }
  const wanted = runtimeLabel(state.wanted, state.environments);
  if (model.asks) {
    return <Ask model={model} wanted={wanted} running={runtimeLabel(state.running, state.environments)} />;
  }
  if (model.noted && state.lab === null) {
    const text = `This notebook now asks for ${wanted}. It is no lab yet: share it, and its lab runs there.`;
    return <Line kind="note" text={text} model={model} />;
  }
  return null;
}

function Ask(props: { model: RuntimeModel; wanted: string; running: string }): JSX.Element {
  const { model, wanted, running } = props;
  const elsewhere = !model.state?.restart_url.includes('restart=');
  return (
    <div className="mlabs-Bar" role="status" data-kind="ask">
      <span>
        This notebook now asks for <strong>{wanted}</strong>; it runs in <strong>{running}</strong>.{' '}
        {elsewhere ? 'Its own lab runs there.' : 'Restart there: files are kept, variables are lost.'}
      </span>
      <button
        type="button"
        className="mlabs-Button mlabs-mod-accent"
        disabled={model.busy}
        onClick={() => void model.restart()}
      >
        {elsewhere ? 'Open there' : 'Restart'}
      </button>
      <button type="button" className="mlabs-Button" disabled={model.busy} onClick={() => model.dismiss()}>
        Later
      </button>
      <button type="button" className="mlabs-Button" disabled={model.busy} onClick={() => void model.stay()}>
        Stay in {running}
      </button>
    </div>
  );
}

function Line(props: { kind: string; text: string; model: RuntimeModel }): JSX.Element {
  const { kind, text, model } = props;
  return (
    <div className="mlabs-Bar" role={kind === 'error' ? 'alert' : 'status'} data-kind={kind}>
      <span>{text}</span>
      <button type="button" className="mlabs-Button" onClick={() => model.dismiss()}>
        Dismiss
      </button>
    </div>
  );
}

/** As high as what it says: the panel that it is put into gives its children no more than they ask for. */
export class RuntimeBar extends ReactWidget {
  private readonly size = new ResizeObserver(() => this.fitContent());
  private readonly inner = React.createRef<HTMLDivElement>();

  constructor(private readonly model: RuntimeModel) {
    super();
  }

  override dispose(): void {
    this.size.disconnect();
    super.dispose();
  }

  protected render(): JSX.Element {
    return (
      <div ref={this.inner}>
        <UseSignal signal={this.model.changed}>{() => <Bar model={this.model} />}</UseSignal>
      </div>
    );
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
