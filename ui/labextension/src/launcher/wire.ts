/** What there is to begin with; the same as in mlabs_ext/wire/starting.py. */

import type { Environment, Lab } from '../wire';

export interface StartingPoints {
  /** The path of the service's pages, with a slash at its end. */
  base: string;
  environments: Environment[];
  /** Of one's own, last changed first, less the one that this server is for. */
  labs: Lab[];
}
