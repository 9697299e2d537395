/** The first step of the Share dialog, where there is something that readers had better not get. */

import * as React from 'react';

import type { ApiError } from '../errors';
import { byCell, stopping, summary } from './findings';
import type { Guard } from './guarding';
import { Failure, useFocus } from './messages';
import type { Finding } from './wire';

export function GuardStep(props: { guard: Guard; goTo: (cell: number) => void }): JSX.Element {
  const { guard, goTo } = props;
  const heading = useFocus<HTMLHeadingElement>();
  React.useEffect(() => {
    const dialog = heading.current?.closest<HTMLElement>('[role=dialog]');
    return () => {
      // The button that led on is gone with this step, and the focus must not be.
      if (document.activeElement === document.body) {
        dialog?.focus();
      }
    };
  }, []);
  const fixable = guard.findings.filter(({ id, severity, fix }) => fix && severity === 'secret' && !guard.meant.has(id));
  return (
    <section className="mlabs-Guard" aria-labelledby="mlabs-guard-heading">
      <h3 id="mlabs-guard-heading" tabIndex={-1} ref={heading}>
        Before others can read this
      </h3>
      <p role="status" className={stopping(guard.findings, guard.meant).length ? 'mlabs-mod-stop' : ''}>
        {summary(guard.findings, guard.meant)}
      </p>
      <Problem error={guard.error} />
      {fixable.length > 1 && (
        <p>
          <button
            type="button"
            className="mlabs-Button"
            disabled={guard.busy !== ''}
            onClick={() => void guard.fix(fixable.map(({ id }) => id))}
          >
            Fix all {fixable.length} secrets
          </button>
        </p>
      )}
      {byCell(guard.findings).map(group => (
        <div key={group.cell ?? 0} role="group" aria-label={group.cell ? `Cell ${group.cell}` : 'The notebook itself'}>
          <div className="mlabs-Guard-cell">
            <strong>{group.cell ? `Cell ${group.cell}` : 'The notebook itself'}</strong>
            {group.cell !== null && (
              <button type="button" className="mlabs-Button" onClick={() => goTo(group.cell as number)}>
                Go to cell<span className="mlabs-Hidden"> {group.cell}</span>
              </button>
            )}
          </div>
          <ul>
            {group.findings.map(finding => (
              <Entry key={finding.id} finding={finding} guard={guard} />
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function Problem({ error }: { error: ApiError | null }): JSX.Element | null {
  return error && <Failure error={error} />;
}

function Entry({ finding, guard }: { finding: Finding; guard: Guard }): JSX.Element {
  const { id, severity, title, place, line, count, excerpt, why, fix } = finding;
  const meant = guard.meant.has(id);
  const label = `${title}, ${place}`;
  return (
    <li className="mlabs-Finding" data-severity={severity} data-meant={meant}>
      <p>
        <strong>{title}</strong> <span className="mlabs-Finding-kind">{severity === 'secret' ? 'Secret' : 'Personal'}</span>
        <small>
          {place}, line {line}
          {count > 1 && ` · ${count} times`}
        </small>
      </p>
      <code>{excerpt}</code>
      <p className="mlabs-Finding-why">{why}</p>
      <div className="mlabs-Finding-choices">
        {fix ? (
          <>
            <button
              type="button"
              className="mlabs-Button mlabs-mod-accent"
              disabled={guard.busy !== '' || meant}
              aria-label={`Fix: ${label}`}
              onClick={() => void guard.fix([id])}
            >
              Fix
            </button>
            <small>{fix.label}</small>
          </>
        ) : (
          <small>Only you can change this: go to the cell.</small>
        )}
        <button
          type="button"
          className="mlabs-Button"
          aria-pressed={meant}
          aria-label={`I mean it: ${label}`}
          disabled={guard.busy !== ''}
          onClick={() => guard.mean(id, !meant)}
        >
          {meant ? 'Meant ✓' : 'I mean it'}
        </button>
      </div>
    </li>
  );
}
