/** Something to paste elsewhere, with a button that copies it. */

import * as React from 'react';

import { copy } from '../copy';

interface Props {
  label: string;
  text: string;
  say: (text: string) => void;
  /** Lines that are shown of it; one by default. */
  rows?: number;
}

export function CopyRow({ label, text, say, rows = 1 }: Props): JSX.Element {
  const id = React.useId();
  const field = React.useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const [copied, setCopied] = React.useState(false);
  const onCopy = async (): Promise<void> => {
    try {
      await copy(text);
    } catch {
      field.current?.focus();
      say('Your browser does not let this page copy. The text is selected: copy it by the keyboard.');
      return;
    }
    setCopied(true);
    say('Copied.');
    window.setTimeout(() => setCopied(false), 2000);
  };
  const shown = {
    id,
    ref: field,
    readOnly: true,
    value: text,
    spellCheck: false,
    onFocus: (event: React.FocusEvent<HTMLInputElement | HTMLTextAreaElement>) => event.target.select()
  };
  return (
    <div className="mlabs-Row" data-high={rows > 1}>
      <label htmlFor={id}>{label}</label>
      {rows > 1 ? <textarea rows={rows} {...shown} /> : <input {...shown} />}
      <button
        type="button"
        className="mlabs-Button"
        aria-label={`Copy ${label[0]?.toLowerCase()}${label.slice(1)}`}
        onClick={() => void onCopy()}
      >
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
