/** Tells a server that has ended from one that is only out of reach; JupyterLab takes every silence for an end. */

/** Milliseconds between two looks. */
const PAUSE = 3_000;
/** So many times in turn the hub has to say that it does not run. */
const TIMES = 4;

export type Answer = 'there' | 'away' | 'gone';

/** What a status says of the server; 0 is no answer. 424 and 404 are the hub's for one that does not run, or is no more. */
export function meant(status: number): Answer {
  if (status === 424 || status === 404) {
    return 'gone';
  }
  return status === 0 || status >= 500 ? 'away' : 'there';
}

const sleep = (milliseconds: number): Promise<void> => new Promise(done => setTimeout(done, milliseconds));

export class Lost {
  private looking = false;
  private told = false;
  private readonly ask: () => Promise<number>;
  private readonly tell: () => void;
  private readonly pause: (milliseconds: number) => Promise<void>;

  constructor(ask: () => Promise<number>, tell: () => void, pause = sleep) {
    this.ask = ask;
    this.tell = tell;
    this.pause = pause;
  }

  /** Look until it is there again or gone, which is told once. */
  async look(): Promise<void> {
    if (this.looking) {
      return;
    }
    this.looking = true;
    const gone = await this.isGone();
    this.looking = false;
    if (gone && !this.told) {
      this.tell();
    }
    this.told = gone;
  }

  private async isGone(): Promise<boolean> {
    let times = 0;
    for (;;) {
      const answer = meant(await this.ask());
      times = answer === 'gone' ? times + 1 : 0;
      if (answer === 'there' || times === TIMES) {
        return answer === 'gone';
      }
      await this.pause(PAUSE);
    }
  }
}
