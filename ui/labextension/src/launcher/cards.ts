/** Which cards the launcher has, and where they lead. */

import { COMMAND } from '../tokens.ts';
import type { StartingPoints } from './wire';

export interface Card {
  command: string;
  args: Record<string, string>;
  rank: number;
}

export const LABS = 'My labs';
export const NEW = 'New lab';

/** Rank by rank: what to begin with, in the order of the catalogue. */
export function beginnings({ environments }: StartingPoints): Card[] {
  const known = environments.map(({ name, title }, at) => ({
    command: COMMAND.newLab,
    args: { environment: name, title },
    rank: at
  }));
  return [
    ...known,
    { command: COMMAND.importUrl, args: {}, rank: known.length },
    { command: COMMAND.welcome, args: {}, rank: known.length + 1 }
  ];
}

/** The labs that were changed last. */
export function recent({ labs }: StartingPoints): Card[] {
  return labs.map(({ owner, name, title }, rank) => ({
    command: COMMAND.openLab,
    args: { lab: `${owner}/${name}`, title },
    rank
  }));
}

/** The page that a command leads to, below the service's base. */
export function page(command: string, args: Record<string, unknown>): string {
  switch (command) {
    case COMMAND.openLab: {
      const [owner = '', name = ''] = String(args['lab'] ?? '').split('/');
      return owner ? `open/@${encodeURIComponent(owner)}/${encodeURIComponent(name)}` : 'me';
    }
    case COMMAND.importUrl:
      return 'import';
    case COMMAND.welcome:
      return 'new?template=welcome';
    default: {
      const environment = args['environment'];
      return typeof environment === 'string' ? `new?environment=${encodeURIComponent(environment)}` : 'new';
    }
  }
}
