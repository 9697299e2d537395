/** How far the publish guard is with one notebook. */

import * as React from 'react';

import { type ApiError, asApiError } from '../errors';
import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import { check, fix } from './check';
import { stopping } from './findings';
import type { Finding } from './wire';

export interface Guard {
  findings: Finding[];
  /** Findings that the person means to publish, by id. */
  meant: ReadonlySet<string>;
  mean: (id: string, meant: boolean) => void;
  fix: (ids: string[]) => Promise<void>;
  /** What goes on now; empty where nothing does. */
  busy: string;
  error: ApiError | null;
  /** Whether the notebook was looked through, or could not be. */
  ready: boolean;
  /** Whether the person has gone on to the form. */
  passed: boolean;
  /** Go on; or, with what a publish was stopped for, come back. */
  pass: (stopped?: Finding[]) => void;
}

// What a person has said stands when the dialog is closed, to look at a cell: ids are good for the same text alone.
const MEANT = new WeakMap<LabState, ReadonlySet<string>>();

export function useGuard(labs: ILabs, state: LabState): Guard {
  const [findings, setFindings] = React.useState<Finding[]>([]);
  const [meant, setMeant] = React.useState<ReadonlySet<string>>(MEANT.get(state) ?? new Set());
  const [busy, setBusy] = React.useState('Looking the notebook through…');
  const [error, setError] = React.useState<ApiError | null>(null);
  const [ready, setReady] = React.useState(false);
  const [passed, setPassed] = React.useState(false);
  const run = async (text: string, work: () => Promise<Finding[]>): Promise<void> => {
    setBusy(text);
    setError(null);
    try {
      setFindings(await work());
    } catch (reason) {
      setError(asApiError(reason));
    } finally {
      setBusy('');
      setReady(true);
    }
  };
  React.useEffect(() => {
    void run('Looking the notebook through…', () => check(labs.api, state));
  }, [labs, state]);
  return {
    findings,
    meant,
    mean: (id, yes) => {
      const known = new Set(meant);
      yes ? known.add(id) : known.delete(id);
      MEANT.set(state, known);
      setMeant(known);
    },
    fix: ids => run('Changing the notebook…', () => fix(labs.api, state, ids)),
    busy,
    error,
    ready,
    passed,
    pass: stopped => {
      if (stopped) {
        setFindings(stopped);
      }
      setPassed(stopped === undefined);
    }
  };
}

/** Whether the guard's step is to be shown in the place of the form. */
export function isAsking(guard: Guard): boolean {
  return !guard.passed && guard.findings.length > 0;
}

export function isStopped(guard: Guard): boolean {
  return stopping(guard.findings, guard.meant).length > 0;
}
