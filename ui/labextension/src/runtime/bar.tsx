/** The bar above a notebook that asks for another runtime than it has. */

import { UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import { advice } from '../errors';
import { HeaderWidget } from '../header';
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

export function runtimeBar(model: RuntimeModel): HeaderWidget {
  return new HeaderWidget(() => <UseSignal signal={model.changed}>{() => <Bar model={model} />}</UseSignal>);
}
