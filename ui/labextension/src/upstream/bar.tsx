/** The bar above a notebook whose original has new versions. */

import { UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import { HeaderWidget } from '../header';
import type { UpstreamModel } from './model';
import { newsText } from './news';

export function upstreamBar(model: UpstreamModel, pull: () => void): HeaderWidget {
  return new HeaderWidget(() => (
    <UseSignal signal={model.changed}>{() => <Bar model={model} pull={pull} />}</UseSignal>
  ));
}

function Bar({ model, pull }: { model: UpstreamModel; pull: () => void }): JSX.Element | null {
  const { upstream } = model;
  if (upstream === null || !model.tells) {
    return null;
  }
  return (
    <div className="mlabs-Bar" role="status" data-kind="upstream">
      <span>{newsText(upstream.lab, model.news)}</span>
      <button type="button" className="mlabs-Button" onClick={pull}>
        See what changed
      </button>
      <button type="button" className="mlabs-Button" onClick={() => model.dismiss()}>
        Later
      </button>
    </div>
  );
}
