/** Who has access to a lab beside its owner and what its visibility says: people, groups, secret links. */

import * as React from 'react';

import type { LabState } from '../lab';
import type { ILabs } from '../labs';
import type { Lab } from '../wire';
import { VISIBILITIES } from '../wording';
import { useAccess } from './access';
import { AddPerson } from './add_person';
import { LinkList } from './link_list';
import { Failure } from './messages';
import { PersonList } from './person_list';

interface Props {
  labs: ILabs;
  state: LabState;
  lab: Lab;
  say: (text: string) => void;
  changeVisibility: () => void;
}

export function PeoplePanel(props: Props): JSX.Element {
  const { lab, changeVisibility } = props;
  const seenBy = VISIBILITIES.find(({ value }) => value === lab.visibility);
  return (
    <>
      <section className="mlabs-People" aria-labelledby="mlabs-everybody-title">
        <h3 id="mlabs-everybody-title">Everybody else</h3>
        <div className="mlabs-Line">
          <span>
            <strong>{seenBy?.label}</strong>
            <small>{seenBy?.sentence}</small>
          </span>
          <button type="button" className="mlabs-Button" onClick={changeVisibility}>
            Change<span className="mlabs-Hidden"> who can see it</span>
          </button>
        </div>
      </section>
      {lab.access === undefined ? <Shares {...props} /> : <Guest owner={lab.owner} />}
    </>
  );
}

function Guest({ owner }: { owner: string }): JSX.Element {
  return (
    <p className="mlabs-Notice">
      This lab is {owner}’s, who shares it with you to edit. Only {owner} can share it with others.
    </p>
  );
}

function Shares({ labs, state, lab, say }: Props): JSX.Element {
  const access = useAccess(labs.api, state.path, say);
  const { shares, error } = access;
  return (
    <>
      {error && (
        <Failure
          key={error.message}
          error={error}
          {...(shares === null ? { again: () => void access.list() } : {})}
        />
      )}
      {shares === null && !error && <p role="status">Asking who has access…</p>}
      {shares !== null && (
        <>
          <section className="mlabs-People" aria-labelledby="mlabs-people-title">
            <h3 id="mlabs-people-title" tabIndex={-1}>
              People and groups
            </h3>
            <PersonList access={access} shares={shares} lab={lab} />
            <AddPerson access={access} shares={shares} lab={lab} />
          </section>
          <LinkList access={access} links={shares.filter(({ kind }) => kind === 'link')} origin={labs.origin} say={say} />
        </>
      )}
    </>
  );
}
