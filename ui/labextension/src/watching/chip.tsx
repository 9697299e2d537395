/** "2 watching" in the bar of a lab, which leads to what they see; nothing where nobody does. */

import * as React from 'react';

import { absolute } from '../links';
import type { WatchingModel } from './model';

export function WatchingChip({ model, origin }: { model: WatchingModel; origin: string }): JSX.Element | null {
  const { run } = model;
  if (run === null) {
    return null;
  }
  const text = `${run.watching} watching`;
  return (
    <a
      className="mlabs-Chip"
      data-kind="watching"
      href={absolute(run.url, origin)}
      target="_blank"
      rel="noopener"
      title="See this run as they see it"
      aria-label={`${text}: see this run as they see it`}
    >
      <span className="mlabs-Chip-dot" aria-hidden="true" />
      {text}
    </a>
  );
}
