/** A lab's title, which a click makes a field to write another one in. */

import * as React from 'react';

interface Props {
  title: string;
  /** Null where there is no lab to rename. */
  rename: ((title: string) => Promise<boolean>) | null;
}

export function Title({ title, rename }: Props): JSX.Element {
  const [draft, setDraft] = React.useState<string | null>(null);
  const button = React.useRef<HTMLButtonElement>(null);
  const done = React.useRef(false);
  if (rename === null) {
    return <strong className="mlabs-LabBar-title">{title}</strong>;
  }
  const end = (focus: boolean): void => {
    setDraft(null);
    if (focus) {
      window.setTimeout(() => button.current?.focus());
    }
  };
  const save = async (focus: boolean): Promise<void> => {
    if (done.current || draft === null) {
      return;
    }
    done.current = true;
    const wanted = draft.trim();
    if (wanted === '' || wanted === title || (await rename(wanted))) {
      end(focus);
    }
    done.current = false;
  };
  const onKey = (event: React.KeyboardEvent): void => {
    // JupyterLab has shortcuts of its own for these.
    event.stopPropagation();
    if (event.key === 'Enter') {
      void save(true);
    } else if (event.key === 'Escape') {
      end(true);
    }
  };
  if (draft === null) {
    return (
      <button
        ref={button}
        type="button"
        className="mlabs-LabBar-title"
        title="Rename this lab"
        aria-label={`Title: ${title}. Rename`}
        onClick={() => setDraft(title)}
      >
        {title}
      </button>
    );
  }
  return (
    <input
      className="mlabs-LabBar-title"
      aria-label="Title of this lab"
      maxLength={200}
      autoFocus
      value={draft}
      onChange={event => setDraft(event.target.value)}
      onFocus={event => event.target.select()}
      onKeyDown={onKey}
      onBlur={() => void save(false)}
    />
  );
}
