/** Which executions go on, and what came of each, from what the kernel says of them. */

import type { Timing } from './words';

interface Going {
  cell: string;
  /** By the kernel's clock, and by this browser's. */
  begun: number;
  seen: number;
  failed: boolean;
}

export interface Message {
  header: { msg_type: string; date: string };
  parent_header: object;
  content: object;
}

export class Executions {
  private readonly going = new Map<string, Going>();

  private readonly cellOf: (request: string) => string | null;
  private readonly now: () => number;

  /** `cellOf` finds the cell that asked for an execution; null for consoles and other tabs. */
  constructor(cellOf: (request: string) => string | null, now: () => number = Date.now) {
    this.cellOf = cellOf;
    this.now = now;
  }

  /** Take a message; the cell that it is news for, and the news. */
  take({ header, parent_header, content }: Message): { cell: string; timing: Timing } | null {
    const request = (parent_header as { msg_id?: string }).msg_id ?? '';
    const going = this.going.get(request);
    const date = Date.parse(header.date);
    if (header.msg_type === 'execute_input') {
      const cell = this.cellOf(request);
      if (cell === null) {
        return null;
      }
      this.going.set(request, { cell, begun: date, seen: this.now(), failed: false });
      return { cell, timing: { seconds: 0, ended: null, failed: false } };
    }
    if (going === undefined) {
      return null;
    }
    if (header.msg_type === 'error') {
      going.failed = true;
    } else if ((content as { execution_state?: string }).execution_state === 'idle') {
      this.going.delete(request);
      return { cell: going.cell, timing: { seconds: (date - going.begun) / 1000, ended: date, failed: going.failed } };
    }
    return null;
  }

  /** The cells that run, and how long they have. */
  running(): Map<string, Timing> {
    const now = this.now();
    return new Map(
      [...this.going.values()].map(({ cell, seen }) => [cell, { seconds: (now - seen) / 1000, ended: null, failed: false }])
    );
  }

  /** The kernel is gone, and says nothing more; the cells that it ran. */
  end(): string[] {
    const cells = [...this.going.values()].map(({ cell }) => cell);
    this.going.clear();
    return cells;
  }
}
