/** With whom the lab of a notebook is shared: asks, and changes it, one thing at a time. */

import * as React from 'react';

import type { Api } from '../api';
import { type ApiError, asApiError } from '../errors';
import { type Named, roleOf, whoOf } from './access_rules';
import type { Access as Role, NewLink, Share } from './wire';

export interface NewLinkFields {
  name: string;
  access: Role;
  expires: string | null;
}

export interface Access {
  /** Null while they are asked for. */
  shares: Share[] | null;
  /** The link that was made last: its address is told this once. */
  made: NewLink | null;
  busy: boolean;
  error: ApiError | null;
  /** These return whether it went well. */
  list: () => Promise<boolean>;
  share: (kind: Named, name: string, access: Role) => Promise<boolean>;
  remove: (share: Share) => Promise<boolean>;
  makeLink: (fields: NewLinkFields) => Promise<boolean>;
  revoke: (link: Share) => Promise<boolean>;
}

export function useAccess(api: Api, path: string, say: (text: string) => void): Access {
  const [shares, setShares] = React.useState<Share[] | null>(null);
  const [made, setMade] = React.useState<NewLink | null>(null);
  const [busy, setBusy] = React.useState(true);
  const [error, setError] = React.useState<ApiError | null>(null);
  const list = async (): Promise<void> => {
    setShares((await api.send<{ items: Share[] }>('GET', 'shares', { path })).items);
  };
  const run = async (work: () => Promise<string>): Promise<boolean> => {
    setBusy(true);
    setError(null);
    try {
      say(await work());
      return true;
    } catch (reason) {
      setError(asApiError(reason));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const first = (): Promise<boolean> =>
    run(async () => {
      await list();
      return '';
    });
  React.useEffect(() => void first(), [api, path]);
  return {
    list: first,
    shares,
    made,
    busy,
    error,
    share: (kind, who, access) =>
      run(async () => {
        await api.send('PUT', 'shares', { path, who }, { kind, access });
        await list();
        return `${whoOf({ kind, name: who })} has access now, ${roleOf(access)}.`;
      }),
    remove: ({ kind, name }) =>
      run(async () => {
        await api.send('DELETE', 'shares', { path, kind, who: name });
        await list();
        return `${whoOf({ kind, name })} has no access any more.`;
      }),
    makeLink: fields =>
      run(async () => {
        const link = await api.send<NewLink>('POST', 'shares/links', { path }, fields);
        try {
          await list();
        } finally {
          // It is told this once: it is shown also where the list cannot be had now.
          setMade(link);
        }
        return 'The link is made: copy it now.';
      }),
    revoke: link =>
      run(async () => {
        await api.send('DELETE', 'shares/links', { path, link: link.id });
        setMade(known => (known?.id === link.id ? null : known));
        await list();
        return 'The link is revoked.';
      })
  };
}
