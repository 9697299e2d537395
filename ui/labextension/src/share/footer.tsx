/** The bottom of the Share dialog: what goes on, and the buttons. */

import * as React from 'react';

interface Props {
  /** What goes on now; empty where nothing does. */
  busy: string;
  /** What was said last. */
  said: string;
  close: () => void;
  closes: string;
  children?: React.ReactNode;
}

export function Footer({ busy, said, close, closes, children }: Props): JSX.Element {
  return (
    <div className="mlabs-Dialog-footer">
      <span className="mlabs-Dialog-progress" role="status">
        {busy && <span className="mlabs-Spinner" aria-hidden="true" />}
        {busy || said}
      </span>
      <button type="button" className="mlabs-Button" onClick={close}>
        {closes}
      </button>
      {children}
    </div>
  );
}
