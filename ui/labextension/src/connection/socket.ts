/**
 * A websocket to a kernel that stays open while real ones come and go.
 *
 * JupyterLab sees one connection. Where the server keeps a line (see mlabs_ext/lab/line.py), silence ends the
 * real websocket, another is opened, and both sides go on from the last message that the other has. With any
 * other server it is a websocket like all.
 */

import { Arrivals } from './arrivals.ts';
import { Attempts } from './attempts.ts';
import { type Hello, readText } from './frames.ts';
import { Heartbeat } from './heartbeat.ts';
import type { Ledger, Message } from './ledger.ts';

/** The page closed it; the server need not wait long for it to come back. */
const CLOSED = 4001;

/** What is told of a connection that is lost and comes back. */
export interface Reports {
  lost: (kernel: string) => void;
  /** `outputs` are those that were missed. */
  back: (kernel: string, outputs: number) => void;
  /** What was missed is not to be had any more, or the page closed it. */
  over: (kernel: string, missed: boolean) => void;
}

export interface Outside {
  open: (url: string, protocols: string[]) => WebSocket;
  /** Whether the kernel is there; null where nobody answers. */
  there: () => Promise<boolean | null>;
  now: () => number;
}

type Handler<E extends Event> = ((event: E) => unknown) | null;

export class LastingSocket extends EventTarget {
  onopen: Handler<Event> = null;
  onmessage: Handler<MessageEvent> = null;
  onerror: Handler<Event> = null;
  onclose: Handler<CloseEvent> = null;
  binaryType: BinaryType = 'arraybuffer';
  readyState: number = 0;
  protocol = '';
  readonly extensions = '';
  private real: WebSocket | null = null;
  /** Whether the server keeps a line; null before its first word. */
  private keeps: boolean | null = null;
  private away = false;
  private own = 0;
  private readonly heartbeat = new Heartbeat({
    now: () => this.outside.now(),
    ask: () => this.post('ping'),
    silent: () => this.lose()
  });
  private readonly attempts = new Attempts({
    open: () => this.open(true),
    drop: () => this.drop()
  });
  private readonly arrivals = new Arrivals({
    confirm: () => this.post('ack'),
    caughtUp: outputs => this.reports.back(this.kernel, outputs)
  });

  readonly url: string;
  private readonly protocols: string[];
  private readonly kernel: string;
  private readonly ledger: Ledger;
  private readonly reports: Reports;
  private readonly outside: Outside;

  constructor(
    to: { url: string; protocols: string[]; kernel: string },
    ledger: Ledger,
    reports: Reports,
    outside: Outside
  ) {
    super();
    this.url = to.url;
    this.protocols = to.protocols;
    this.kernel = to.kernel;
    this.ledger = ledger;
    this.reports = reports;
    this.outside = outside;
    this.open(false);
  }

  get bufferedAmount(): number {
    return this.real?.bufferedAmount ?? 0;
  }

  send(message: Message): void {
    if (this.readyState === 0) {
      throw new DOMException('The websocket is not open yet.', 'InvalidStateError');
    }
    if (this.keeps !== false) {
      this.ledger.sending(message);
      this.own += 1;
    }
    // Where there is a line already, what the server lacks goes first: its hello says what that is.
    if (!this.away && (this.keeps !== null || this.ledger.line === null)) {
      this.real?.send(message as ArrayBuffer);
    }
  }

  close(code: number = CLOSED, reason?: string): void {
    if (this.readyState >= 2) {
      return;
    }
    this.readyState = 2;
    if (this.away) {
      this.reports.over(this.kernel, false);
    }
    const real = this.real;
    this.leave();
    this.readyState = 3;
    real?.close(code, reason);
    setTimeout(() => this.emit(new CloseEvent('close', { code: 1000, wasClean: true })), 0);
  }

  /** Somebody knows that the network may have changed: look at once. */
  check(): void {
    if (this.readyState !== 1 || !this.keeps) {
      return;
    }
    if (this.away) {
      this.attempts.atOnce();
    } else {
      this.heartbeat.ask();
    }
  }

  private open(again: boolean): void {
    const real = this.outside.open(this.ledger.address(this.url, again), this.protocols);
    real.binaryType = this.binaryType;
    this.real = real;
    const mine = (act: (event: never) => void) => (event: Event) => {
      if (this.real === real) {
        act(event as never);
      }
    };
    real.addEventListener('open', mine(() => this.opened()));
    real.addEventListener('message', mine((event: MessageEvent) => this.heard(event)));
    real.addEventListener('close', mine((event: CloseEvent) => this.closed(event)));
  }

  private opened(): void {
    if (this.readyState === 0) {
      this.readyState = 1;
      this.protocol = this.real?.protocol ?? '';
      this.emit(new Event('open'));
    }
  }

  private heard({ data }: MessageEvent): void {
    this.heartbeat.heard();
    const said = typeof data === 'string' && this.keeps !== false ? readText(data) : null;
    if (said?.mlabs === 'hello') {
      this.greeted(said);
      return;
    }
    if (said?.mlabs === 'pong') {
      this.ledger.confirm(said.got);
      return;
    }
    if (this.away) {
      this.over();
      return;
    }
    if (this.keeps === null) {
      this.plain();
    }
    if (this.keeps) {
      this.ledger.received += 1;
      this.arrivals.count(data as ArrayBuffer);
    }
    this.emit(new MessageEvent('message', { data }));
  }

  private greeted(hello: Hello): void {
    this.attempts.stop();
    if (!hello.resumed && this.away) {
      this.over();
      return;
    }
    const first = this.ledger.line === null;
    if (!hello.resumed) {
      this.ledger.begin(hello.line, this.own);
    }
    this.ledger.confirm(hello.got);
    if (!first || this.away) {
      this.ledger.owed.forEach(message => this.real?.send(message as ArrayBuffer));
    }
    this.keeps = true;
    this.attempts.succeeded();
    this.arrivals.confirmed();
    this.heartbeat.start();
    if (this.away) {
      this.away = false;
      this.arrivals.catchUp(hello.missed);
    }
  }

  /** No hello came first: this server keeps no line. */
  private plain(): void {
    const { owed, line } = this.ledger;
    const held = line === null ? [] : owed.slice(Math.max(0, owed.length - this.own));
    this.keeps = false;
    this.ledger.forget();
    held.forEach(message => this.real?.send(message as ArrayBuffer));
  }

  private post(what: 'ping' | 'ack'): void {
    this.arrivals.confirmed();
    if (this.real?.readyState === 1) {
      this.real.send(JSON.stringify({ mlabs: what, received: this.ledger.received }));
    }
  }

  private closed(event: CloseEvent): void {
    if (this.keeps && !this.away) {
      this.lose();
    } else if (this.away) {
      void this.failed();
    } else {
      this.end(new CloseEvent('close', { code: event.code, reason: event.reason, wasClean: event.wasClean }));
    }
  }

  private lose(): void {
    this.heartbeat.stop();
    this.drop();
    this.away = true;
    this.reports.lost(this.kernel);
    this.attempts.later();
  }

  /** A try was refused: that may be the network, a server that is not there yet, or a kernel that is no more. */
  private async failed(): Promise<void> {
    this.attempts.stop();
    this.drop();
    const there = await this.outside.there();
    if (!this.away || this.readyState !== 1 || this.real !== null) {
      return;
    }
    if (this.attempts.inVain(there)) {
      this.over();
    } else {
      this.attempts.later();
    }
  }

  /** What was missed is not to be had: the server was started anew, the kernel is gone, or it was too long. */
  private over(): void {
    this.reports.over(this.kernel, true);
    this.ledger.forget();
    this.end(new CloseEvent('close', { code: 1006 }));
  }

  /** JupyterLab is told, and does as ever. */
  private end(event: CloseEvent): void {
    this.leave();
    this.readyState = 3;
    this.emit(event);
  }

  private leave(): void {
    this.heartbeat.stop();
    this.attempts.stop();
    this.away = false;
    this.drop(false);
  }

  /** Listen to the real websocket no more. */
  private drop(close = true): void {
    const { real } = this;
    this.real = null;
    if (close) {
      real?.close();
    }
  }

  private emit(event: Event): void {
    this.dispatchEvent(event);
    const handler = this[`on${event.type}` as 'onopen'];
    handler?.call(this, event);
  }
}
