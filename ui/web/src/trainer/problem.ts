/** What a person gave cannot be used: says why, and what to do about it. */
export class Problem extends Error {
  readonly mend: string;

  constructor(message: string, mend: string) {
    super(message);
    this.mend = mend;
  }
}
