/** Makes a secret link. */

import * as React from 'react';

import type { Access } from './access';
import { endOf, LASTS, ROLES } from './access_rules';
import { Choice, Field } from './choice';
import type { Access as Role } from './wire';

export function NewLinkForm({ access }: { access: Access }): JSX.Element {
  const [label, setLabel] = React.useState('');
  const [role, setRole] = React.useState<Role>('view');
  const [days, setDays] = React.useState('');
  const onSubmit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    const fields = { name: label.trim(), access: role, expires: endOf(days, new Date()) };
    if (!access.busy && (await access.makeLink(fields))) {
      setLabel('');
    }
  };
  return (
    <form className="mlabs-Add" aria-label="Make a link" onSubmit={event => void onSubmit(event)}>
      <Choice label="How long" value={days} choices={LASTS} onChange={setDays} />
      <Field
        label={
          <>
            Label <small>optional, only you see it</small>
          </>
        }
      >
        {id => (
          <input
            id={id}
            value={label}
            maxLength={100}
            autoComplete="off"
            onChange={event => setLabel(event.target.value)}
          />
        )}
      </Field>
      <Choice label="What for" value={role} choices={ROLES} onChange={setRole} />
      <button type="submit" className="mlabs-Button" aria-disabled={access.busy}>
        Make a link
      </button>
      {role === 'edit' && <small>To edit, one has to sign in and accept; then they are listed above by name.</small>}
    </form>
  );
}
