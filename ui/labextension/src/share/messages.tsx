/** What the Share dialog says about success, failure and where a notebook comes from. */

import * as React from 'react';

import { type ApiError, advice } from '../errors';

export function Success({ text }: { text: string }): JSX.Element {
  return (
    <p className="mlabs-Success" role="status" tabIndex={-1} ref={useFocus<HTMLParagraphElement>()}>
      {text}
    </p>
  );
}

export function Failure({ error }: { error: ApiError }): JSX.Element {
  return (
    <div className="mlabs-Failure" role="alert" tabIndex={-1} ref={useFocus<HTMLDivElement>()}>
      <strong>{error.message}</strong> {advice(error)}
    </div>
  );
}

export function Lost(): JSX.Element {
  return (
    <p>
      The lab that this notebook comes from is not there for you, or not any more. Publishing makes a new lab, which
      only you can see unless you choose otherwise.
    </p>
  );
}

export function Source({ lab }: { lab: string }): JSX.Element {
  return (
    <p>
      This notebook comes from <strong>@{lab}</strong>. Publishing makes it a fork: a lab of your own, with your
      changes; both pages say where it came from.
    </p>
  );
}

/** Moves the focus, and with it the view, to what has just appeared. */
function useFocus<Node extends HTMLElement>(): React.RefObject<Node> {
  const node = React.useRef<Node>(null);
  React.useEffect(() => node.current?.focus(), []);
  return node;
}
