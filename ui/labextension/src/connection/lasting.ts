/** The websocket class for JupyterLab: lasting ones for kernels, the browser's own for all else. */

import { kernelOf, kernelUrl } from './frames.ts';
import { Ledger } from './ledger.ts';
import { LastingSocket, type Reports } from './socket.ts';

const PATIENCE = 8_000;

export interface Lasting {
  WebSocket: typeof WebSocket;
  /** Have all connections looked at now. */
  check: () => void;
}

export function lasting(Native: typeof WebSocket, reports: Reports): Lasting {
  const ledgers = new Map<string, Ledger>();
  const open = new Set<LastingSocket>();

  function make(url: string | URL, protocols?: string | string[]): WebSocket {
    const kernel = kernelOf(String(url));
    if (kernel === null) {
      return new Native(url, protocols);
    }
    const key = `${kernel}:${new URL(url).searchParams.get('session_id')}`;
    const ledger = ledgers.get(key) ?? new Ledger();
    ledgers.set(key, ledger);
    const to = { url: String(url), protocols: [protocols ?? []].flat(), kernel };
    const socket = new LastingSocket(to, ledger, reports, {
      open: (address, wanted) => new Native(address, wanted),
      there: () => isThere(kernelUrl(to.url)),
      now: () => performance.now()
    });
    open.add(socket);
    socket.addEventListener('close', () => open.delete(socket));
    return socket as unknown as WebSocket;
  }

  Object.assign(make, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
  return {
    WebSocket: make as unknown as typeof WebSocket,
    check: () => open.forEach(socket => socket.check())
  };
}

/**
 * Null where nobody answers, or somebody who cannot know: the hub answers 424 and 503 for a server that is down.
 * Who is not let in, as after a sign-out or where the server was started anew, is answered: trying on is in vain.
 */
async function isThere(url: string): Promise<boolean | null> {
  try {
    const { ok, status } = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) });
    return ok || status === 401 || status === 403 ? true : status === 404 ? false : null;
  } catch {
    return null;
  }
}
