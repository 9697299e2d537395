/** A search as it goes on: its words, its results, and the next page of them. */

import * as React from 'react';

import type { Api } from '../api';
import { type ApiError, asApiError } from '../errors';
import * as requests from './requests';
import type { FoundData, Kind, Whose } from './wire';

/** Milliseconds after the last key, before the service is asked. */
const PAUSE = 300;

export interface Search {
  kind: Kind;
  whose: Whose;
  q: string;
  setKind: (kind: Kind) => void;
  setWhose: (whose: Whose) => void;
  setQ: (q: string) => void;
  /** Null until the first answer. */
  items: FoundData[] | null;
  error: ApiError | null;
  /** Whether there is more, and what gets it. */
  more: (() => Promise<void>) | null;
}

export function useSearch(api: Api): Search {
  const [kind, setKind] = React.useState<Kind>('dataset');
  const [whose, setWhose] = React.useState<Whose>('all');
  const [q, setQ] = React.useState('');
  const [items, setItems] = React.useState<FoundData[] | null>(null);
  const [next, setNext] = React.useState<string | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const asked = React.useRef(0);
  const ask = async (cursor: string | null): Promise<void> => {
    const number = ++asked.current;
    try {
      const page = await requests.find(api, kind, whose, q.trim(), cursor);
      if (number === asked.current) {
        setItems(known => (cursor === null ? page.items : [...(known ?? []), ...page.items]));
        setNext(page.next);
        setError(null);
      }
    } catch (reason) {
      if (number === asked.current) {
        setError(asApiError(reason));
      }
    }
  };
  React.useEffect(() => {
    // An answer to what was asked before comes too late.
    asked.current += 1;
    const timer = window.setTimeout(() => void ask(null), q === '' ? 0 : PAUSE);
    return () => window.clearTimeout(timer);
  }, [kind, whose, q]);
  const fresh = <Value>(set: (value: Value) => void) => (value: Value): void => {
    setItems(null);
    set(value);
  };
  return {
    kind,
    whose,
    q,
    setKind: fresh(setKind),
    setWhose: fresh(setWhose),
    // What was found for other words is gone at once: nobody adds it in the place of what comes.
    setQ: fresh(setQ),
    items,
    error,
    more: next === null ? null : () => ask(next)
  };
}
