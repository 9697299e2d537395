/** The head of a dialog: its title, which names it, and the way out. */

import * as React from 'react';

interface Props {
  /** What the dialog is labelled by. */
  id: string;
  title: string;
  close: () => void;
  /** Where the focus is to go when what the dialog shows changes. */
  heading?: React.Ref<HTMLHeadingElement>;
}

/** No `<header>`: in a dialog that would be a second banner of the page. */
export function DialogHeader({ id, title, close, heading }: Props): JSX.Element {
  return (
    <div className="mlabs-Dialog-header">
      <h2 id={id} ref={heading} tabIndex={heading === undefined ? undefined : -1}>
        {title}
      </h2>
      <button type="button" className="mlabs-Button mlabs-mod-icon" aria-label="Dismiss" onClick={close}>
        ×
      </button>
    </div>
  );
}
