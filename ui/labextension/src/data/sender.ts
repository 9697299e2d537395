/** Sends one file in pieces: a broken connection costs the piece that it broke, and is tried again. */

import type { Identity } from './known';

const KIB = 1024;
const SMALLEST = 256 * KIB;
const LARGEST = 8 * KIB * KIB;
const FIRST = KIB * KIB;
/** Seconds that a piece should take, at least and at most. */
const QUICK = 1;
const SLOW = 6;
/** Seconds before each further try; what was sent in between begins them anew. */
const PAUSES = [1, 2, 5, 10, 20, 30, 60, 60, 60];
/** An earlier request has not ended for the service yet. */
const LOCKED = 423;

export interface Source extends Identity {
  slice(from: number, to: number): Blob;
}

export interface Transport {
  begin(path: string, size: number): Promise<{ id: string }>;
  progress(id: string): Promise<{ offset: number }>;
  /** Where the next piece goes. */
  send(id: string, offset: number, piece: Blob): Promise<{ offset: number }>;
}

export interface Sending {
  transport: Transport;
  known: { id(file: Identity): string | undefined; remember(file: Identity, id: string): void; forget(id: string): void };
  stopped: AbortSignal;
  /** Bytes of this file that are there. */
  shown(bytes: number): void;
  /** Whether the connection is broken now. */
  broken(is: boolean): void;
  wait?(seconds: number): Promise<void>;
  now?(): number;
}

export class Stopped extends Error {}

const statusOf = (reason: unknown): number =>
  typeof reason === 'object' && reason !== null && 'status' in reason ? Number(reason.status) : NaN;

/** Whether asking again may help: nobody answered, or not for now. */
export function passes(reason: unknown): boolean {
  const status = statusOf(reason);
  // 0 is a network that is gone; an address that is not ours for the moment is a proxy's.
  return status === 0 || status === LOCKED || status === 429 || (status >= 500 && status !== 507);
}

/** The size of the next piece: as large as goes quickly. */
export function nextSize(size: number, seconds: number): number {
  if (seconds < QUICK) {
    return Math.min(LARGEST, size * 2);
  }
  return seconds > SLOW ? Math.max(SMALLEST, Math.round(size / 2)) : size;
}

/** The id of the upload once all of the file is there. Stopped where it was stopped, else what is wrong. */
export async function sendFile(file: Source, to: Sending): Promise<string> {
  const { stopped, known, transport } = to;
  let { id, offset } = await there(file, to);
  let size = FIRST;
  while (offset < file.size) {
    check(stopped);
    const began = (to.now ?? Date.now)();
    try {
      const piece = file.slice(offset, Math.min(file.size, offset + size));
      ({ offset } = await transport.send(id, offset, piece));
      to.broken(false);
      size = nextSize(size, ((to.now ?? Date.now)() - began) / 1000);
    } catch (reason) {
      check(stopped);
      if (statusOf(reason) === 404) {
        // It was given up after an hour without a byte.
        known.forget(id);
        ({ id, offset } = await there(file, to));
      } else if (passes(reason) || statusOf(reason) === 409) {
        size = Math.max(SMALLEST, Math.round(size / 2));
        to.broken(passes(reason));
        await pause(to, 1);
        ({ offset } = await patiently(to, () => transport.progress(id)));
      } else {
        throw reason;
      }
    }
    to.shown(offset);
  }
  return id;
}

/** The upload that was begun for this file, or a new one, and how far it is. */
async function there(file: Source, to: Sending): Promise<{ id: string; offset: number }> {
  const begun = to.known.id(file);
  if (begun !== undefined) {
    try {
      const { offset } = await patiently(to, () => to.transport.progress(begun));
      to.shown(offset);
      return { id: begun, offset };
    } catch (reason) {
      if (statusOf(reason) !== 404) {
        throw reason;
      }
      to.known.forget(begun);
    }
  }
  const { id } = await patiently(to, () => to.transport.begin(file.path, file.size));
  to.known.remember(file, id);
  to.shown(0);
  return { id, offset: 0 };
}

async function patiently<Answer>(to: Sending, work: () => Promise<Answer>): Promise<Answer> {
  for (const seconds of PAUSES) {
    check(to.stopped);
    try {
      const answer = await work();
      to.broken(false);
      return answer;
    } catch (reason) {
      check(to.stopped);
      if (!passes(reason)) {
        throw reason;
      }
    }
    to.broken(true);
    await pause(to, seconds);
  }
  check(to.stopped);
  return work();
}

function check(stopped: AbortSignal): void {
  if (stopped.aborted) {
    throw new Stopped();
  }
}

async function pause(to: Sending, seconds: number): Promise<void> {
  await (to.wait ?? sleep)(seconds);
  check(to.stopped);
}

const sleep = (seconds: number): Promise<void> => new Promise(done => setTimeout(done, seconds * 1000));
