/** Shares a lab with one more person or group. */

import * as React from 'react';

import type { Lab } from '../wire';
import type { Access } from './access';
import { type Named, nameOf, nameProblem, ROLES } from './access_rules';
import { Choice, Field } from './choice';
import type { Access as Role, Share } from './wire';

const KINDS: { value: Named; label: string }[] = [
  { value: 'user', label: 'A person' },
  { value: 'group', label: 'A group' }
];

export function AddPerson(props: { access: Access; shares: Share[]; lab: Lab }): JSX.Element {
  const { access, shares, lab } = props;
  const id = React.useId();
  const [kind, setKind] = React.useState<Named>('user');
  const [name, setName] = React.useState('');
  const [role, setRole] = React.useState<Role>(lab.visibility === 'private' ? 'view' : 'edit');
  const [problem, setProblem] = React.useState('');
  const field = React.useRef<HTMLInputElement>(null);
  const onSubmit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    const wrong = nameProblem(name, kind, lab.owner, shares);
    setProblem(wrong);
    if (wrong === '' && !access.busy && (await access.share(kind, nameOf(name), role))) {
      setName('');
    }
    field.current?.focus();
  };
  return (
    <form className="mlabs-Add" aria-label="Share with" noValidate onSubmit={event => void onSubmit(event)}>
      <Choice label="Share with" value={kind} choices={KINDS} onChange={setKind} />
      <Field label="Name">
        {nameId => (
          <input
            id={nameId}
            ref={field}
            value={name}
            required
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            aria-invalid={problem !== ''}
            aria-describedby={`${id}-problem ${id}-hint`}
            onChange={event => {
              setName(event.target.value);
              setProblem('');
            }}
          />
        )}
      </Field>
      <Choice label="What for" value={role} choices={ROLES} onChange={setRole} />
      <button type="submit" className="mlabs-Button mlabs-mod-accent" aria-disabled={access.busy}>
        Share
      </button>
      <small id={`${id}-problem`} className="mlabs-Form-problem" role="alert">
        {problem}
      </small>
      <small id={`${id}-hint`}>
        {kind === 'group'
          ? 'The name of a JupyterHub group, as your administrator made it.'
          : 'The name that they sign in with.'}{' '}
        Look twice: MLabs tells nobody which names there are, so a wrong one is not noticed, and whoever has it gets
        access.
      </small>
    </form>
  );
}
