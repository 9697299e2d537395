/** Secret links: those that there are, the one that was just made, and one more. */

import * as React from 'react';

import { absolute } from '../links';
import type { Access } from './access';
import { linkFacts, linkName } from './access_rules';
import { CopyRow } from './copy_row';
import { NewLinkForm } from './new_link';
import type { NewLink, Share } from './wire';

interface Props {
  access: Access;
  links: Share[];
  origin: string;
  say: (text: string) => void;
}

export function LinkList({ access, links, origin, say }: Props): JSX.Element {
  const heading = React.useRef<HTMLHeadingElement>(null);
  return (
    <section className="mlabs-People" aria-labelledby="mlabs-links-title">
      <h3 id="mlabs-links-title" tabIndex={-1} ref={heading}>
        Secret links
      </h3>
      {links.length === 0 && (
        <p>
          None yet. A link is for those who have no account here, such as a reviewer: whoever has it reads the lab until
          you revoke it.
        </p>
      )}
      <ul className="mlabs-Lines" aria-busy={access.busy}>
        {links.map(link => (
          <Link key={link.id} link={link} access={access} gone={() => heading.current?.focus()} />
        ))}
      </ul>
      {access.made && <Made made={access.made} origin={origin} say={say} />}
      <NewLinkForm access={access} />
    </section>
  );
}

function Link({ link, access, gone }: { link: Share; access: Access; gone: () => void }): JSX.Element {
  const [asking, setAsking] = React.useState(false);
  const name = linkName(link);
  const revoke = async (): Promise<void> => {
    if (await access.revoke(link)) {
      gone();
    }
  };
  return (
    <li className="mlabs-Line">
      <span>
        <strong>{name}</strong>
        <small>{asking ? 'Whoever came by it loses access at once.' : linkFacts(link, new Date())}</small>
      </span>
      {asking && (
        <button
          type="button"
          className="mlabs-Button mlabs-mod-danger"
          autoFocus
          aria-label={`Revoke ${name} for everybody: whoever came by it loses access at once`}
          disabled={access.busy}
          onClick={() => void revoke()}
        >
          Revoke it
        </button>
      )}
      <button
        type="button"
        className="mlabs-Button"
        aria-label={asking ? `Keep ${name}` : `Revoke ${name}`}
        onClick={() => setAsking(!asking)}
      >
        {asking ? 'Keep it' : 'Revoke'}
      </button>
    </li>
  );
}

function Made({ made, origin, say }: { made: NewLink; origin: string; say: (text: string) => void }): JSX.Element {
  const box = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => box.current?.focus(), [made.id]);
  return (
    <div className="mlabs-Notice" role="group" aria-label="Your new link" tabIndex={-1} ref={box}>
      <p>
        <strong>Your new link is shown this once: copy it now.</strong> Whoever has it can read this lab, signed in or
        not, until you revoke it{made.access === 'edit' ? '; who signs in and accepts it can also edit' : ''}.
      </p>
      <CopyRow label="Secret link" text={absolute(made.url, origin)} say={say} />
    </div>
  );
}
