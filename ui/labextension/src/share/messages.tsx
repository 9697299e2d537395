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

/** `again` is for what was asked for and is not there. */
export function Failure({ error, again }: { error: ApiError; again?: () => void }): JSX.Element {
  return (
    <div className="mlabs-Failure" role="alert" tabIndex={-1} ref={useFocus<HTMLDivElement>()}>
      <strong>{error.message}</strong> {advice(error)}
      {again && (
        <p>
          <button type="button" className="mlabs-Button" onClick={again}>
            Try again
          </button>
        </p>
      )}
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

/** Moves the focus, and with it the view, to what has just appeared; whoever goes through the tabs stays on them. */
export function useFocus<Node extends HTMLElement>(): React.RefObject<Node> {
  const node = React.useRef<Node>(null);
  React.useEffect(() => {
    if (document.activeElement?.getAttribute('role') !== 'tab') {
      node.current?.focus();
    }
  }, []);
  return node;
}
