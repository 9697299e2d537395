/** What one session of one kernel has received and sent, over all of its websockets. */

export type Message = string | ArrayBufferLike | Blob | ArrayBufferView;

export class Ledger {
  /** The line's name; null while no server has given one. */
  line: string | null = null;
  /** How many of the kernel's messages have arrived. */
  received = 0;
  /** How many of ours the server has. */
  private confirmed = 0;
  private unconfirmed: Message[] = [];

  sending(message: Message): void {
    this.unconfirmed.push(message);
  }

  /** The server has so many. */
  confirm(got: number): void {
    this.unconfirmed.splice(0, Math.max(0, got - this.confirmed));
    this.confirmed = Math.max(this.confirmed, got);
  }

  /** What the server has not, in order. */
  get owed(): readonly Message[] {
    return this.unconfirmed;
  }

  /** Another line begins: only the newest `keep` messages are for it. */
  begin(line: string, keep: number): void {
    this.line = line;
    this.received = 0;
    this.confirmed = 0;
    this.unconfirmed = keep > 0 ? this.unconfirmed.slice(-keep) : [];
  }

  forget(): void {
    this.line = null;
    this.received = 0;
    this.confirmed = 0;
    this.unconfirmed = [];
  }

  /** The address that asks for this line, or for a new one. */
  address(url: string, again: boolean): string {
    const line = encodeURIComponent(this.line ?? '');
    return `${url}&mlabs_line=${line}&mlabs_received=${this.received}${again ? '&mlabs_again=1' : ''}`;
  }
}
