/** A file of a dataset of this site: what data are that have an address, and not a person's own. */
export interface Source {
  /** `owner/name`. */
  dataset: string;
  version: number;
  path: string;
  /** Where its bytes are, without the site. */
  address: string;
}
