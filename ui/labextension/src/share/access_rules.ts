/** Who has access to a lab, in words, and what is wrong with a name before it is sent. */

import type { Access, Share } from './wire';

export type Named = 'user' | 'group';

export const ROLES: { value: Access; label: string }[] = [
  { value: 'view', label: 'To read' },
  { value: 'edit', label: 'To edit' }
];

/** Days; the same as on the lab's page. */
export const LASTS: { value: string; label: string }[] = [
  { value: '', label: 'Until it is revoked' },
  { value: '1', label: 'One day' },
  { value: '7', label: 'A week' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' }
];

const LONGEST = 255;

/** A name as it is meant: without the @ that people put before it. */
export function nameOf(typed: string): string {
  return typed.trim().replace(/^@/, '');
}

/** Why a lab cannot be shared with this name, or nothing. */
export function nameProblem(typed: string, kind: Named, owner: string, shares: readonly Share[]): string {
  const name = nameOf(typed);
  if (name === '') {
    return kind === 'group' ? 'Type the name of a group.' : 'Type a user name.';
  }
  if (kind === 'user' && name === owner) {
    return 'This lab is yours: you have access already.';
  }
  if (name.length > LONGEST) {
    return `A name has ${LONGEST} characters at most.`;
  }
  if (kind === 'user' && /[\s,;/]/.test(name)) {
    return 'A user name has no spaces, commas or slashes. Add one person at a time.';
  }
  const known = shares.find(share => share.kind === kind && share.name === name);
  return known ? `${whoOf(known)} has access already, ${roleOf(known.access)}: change it in the list above.` : '';
}

export function whoOf({ kind, name }: Pick<Share, 'kind' | 'name'>): string {
  return kind === 'group' ? `The group ${name}` : name;
}

/** In the middle of a sentence. */
export function roleOf(access: Access): string {
  return access === 'edit' ? 'to edit' : 'to read';
}

export function linkName(link: Share): string {
  return link.name || `The link made ${day(link.created)}`;
}

/** What a link gives, and for how long. */
export function linkFacts(link: Share, now: Date): string {
  const given = `${roleOf(link.access)}, made ${day(link.created)}`;
  if (link.expires === null) {
    return given;
  }
  return `${given}, ${new Date(link.expires) > now ? 'ends' : 'ended'} ${day(link.expires)}`;
}

/** How somebody came to have access, where that was by a link. */
export function viaOf(share: Share, shares: readonly Share[]): string {
  const link = shares.find(({ kind, id }) => kind === 'link' && id === share.via);
  return share.via === null ? '' : `by the link ${link?.name || 'without a name'}`;
}

/** When a link of so many days ends; null for never. */
export function endOf(days: string, now: Date): string | null {
  return days === '' ? null : new Date(now.getTime() + Number(days) * 86_400_000).toISOString();
}

export function day(time: string): string {
  return new Date(time).toLocaleDateString(undefined, { year: 'numeric', month: 'long', day: 'numeric' });
}
