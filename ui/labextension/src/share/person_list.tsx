/** The people and groups that a lab is shared with: what they may do, and an end of it. */

import * as React from 'react';

import type { Lab } from '../wire';
import type { Access } from './access';
import { type Named, ROLES, viaOf, whoOf } from './access_rules';
import type { Access as Role, Share } from './wire';

interface Props {
  access: Access;
  shares: Share[];
  lab: Lab;
}

export function PersonList({ access, shares, lab }: Props): JSX.Element {
  const people = shares.filter(({ kind }) => kind !== 'link');
  const list = React.useRef<HTMLUListElement>(null);
  const remove = async (share: Share): Promise<void> => {
    if (await access.remove(share)) {
      // What had the focus is gone.
      list.current?.closest('section')?.querySelector<HTMLElement>('h3')?.focus();
    }
  };
  return (
    <>
      <ul className="mlabs-Lines" ref={list} aria-busy={access.busy}>
        <li className="mlabs-Line">
          <span>
            <strong>{lab.owner}</strong>
            <small>You, the owner</small>
          </span>
        </li>
        {people.map(share => (
          <li key={`${share.kind} ${share.name}`} className="mlabs-Line">
            <Who share={share} via={viaOf(share, shares)} />
            <RoleChoice share={share} access={access} />
            <button
              type="button"
              className="mlabs-Button"
              aria-label={`Stop sharing with ${whoOf(share)}`}
              disabled={access.busy}
              onClick={() => void remove(share)}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      {people.length === 0 && (
        <p>
          Nobody else yet. Name a colleague, or a whole group: they find the lab under <em>Shared with me</em>. Who edits
          publishes versions and changes title and text; deleting and sharing it stay yours.
        </p>
      )}
    </>
  );
}

function Who({ share, via }: { share: Share; via: string }): JSX.Element {
  return (
    <span>
      <strong>{share.name}</strong>
      {share.kind === 'group' && <span className="mlabs-Tag">Group</span>}
      {via && <small>{via}</small>}
    </span>
  );
}

function RoleChoice({ share, access }: { share: Share; access: Access }): JSX.Element {
  return (
    <select
      aria-label={`What ${whoOf(share)} has access for`}
      value={share.access}
      // Not disabled while it is changed: that would take the focus away.
      aria-disabled={access.busy}
      onChange={event => {
        if (!access.busy) {
          void access.share(share.kind as Named, share.name, event.target.value as Role);
        }
      }}
    >
      {ROLES.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}
