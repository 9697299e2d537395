/** Tabs by the pattern of WAI-ARIA: one stop of the Tab key, arrows go from one to the next. */

import * as React from 'react';

export interface Tab<Name extends string> {
  name: Name;
  label: string;
}

interface Props<Name extends string> {
  id: string;
  label: string;
  tabs: readonly Tab<Name>[];
  current: Name;
  onChange: (name: Name) => void;
}

export function Tabs<Name extends string>({ id, label, tabs, current, onChange }: Props<Name>): JSX.Element {
  const list = React.useRef<HTMLDivElement>(null);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const at = tabs.findIndex(({ name }) => name === current);
    const steps: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 };
    const next = steps[event.key];
    if (next === undefined) {
      return;
    }
    event.preventDefault();
    const place = (next + tabs.length) % tabs.length;
    onChange((tabs[place] as Tab<Name>).name);
    (list.current?.children[place] as HTMLElement).focus();
  };
  return (
    <div className="mlabs-Tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
      {tabs.map(tab => (
        <button
          key={tab.name}
          type="button"
          role="tab"
          id={tabId(id, tab.name)}
          aria-controls={panelId(id)}
          aria-selected={tab.name === current}
          tabIndex={tab.name === current ? 0 : -1}
          onClick={() => onChange(tab.name)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}

/** What the panel that a tab opens has to say of itself. */
export function panelOf(id: string, name: string): React.HTMLAttributes<HTMLElement> {
  return { role: 'tabpanel', id: panelId(id), 'aria-labelledby': tabId(id, name) };
}

const tabId = (id: string, name: string): string => `${id}-tab-${name}`;
const panelId = (id: string): string => `${id}-panel`;
