/** The link, the embed and the badge, each ready to copy. */

import * as React from 'react';

import { copy } from '../copy';
import type { Snippets } from '../links';

type Badge = 'markdown' | 'html' | 'rst';

const BADGES: { value: Badge; label: string }[] = [
  { value: 'markdown', label: 'Markdown' },
  { value: 'html', label: 'HTML' },
  { value: 'rst', label: 'reStructuredText' }
];

function Row(props: {
  label: string;
  text: string;
  say: (text: string) => void;
  children?: React.ReactNode;
}): JSX.Element {
  const { label, text, say } = props;
  const id = React.useId();
  const [copied, setCopied] = React.useState(false);
  const onCopy = async (): Promise<void> => {
    await copy(text);
    setCopied(true);
    say(`${label} copied.`);
    window.setTimeout(() => setCopied(false), 2000);
  };
  return (
    <div className="mlabs-Row">
      <label htmlFor={id}>{label}</label>
      {props.children}
      <input id={id} readOnly value={text} onFocus={event => event.target.select()} spellCheck={false} />
      <button
        type="button"
        className="mlabs-Button"
        aria-label={`Copy ${label.toLowerCase()}`}
        onClick={() => void onCopy()}
      >
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}

export function SnippetRows(props: { snippets: Snippets; say: (text: string) => void }): JSX.Element {
  const { snippets, say } = props;
  const [badge, setBadge] = React.useState<Badge>('markdown');
  return (
    <div className="mlabs-Rows">
      <Row label="Link" text={snippets.link} say={say} />
      <Row label="Embed" text={snippets.embed} say={say} />
      <Row label="Badge" text={snippets[badge]} say={say}>
        <select
          aria-label="Badge format"
          value={badge}
          onChange={event => setBadge(event.target.value as Badge)}
        >
          {BADGES.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </Row>
    </div>
  );
}
