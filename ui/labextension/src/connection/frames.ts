/** The short texts beside the kernel's messages, which are binary; the server's half is mlabs_ext/lab/line.py. */

export interface Hello {
  mlabs: 'hello';
  line: string;
  resumed: boolean;
  /** How many of this page's messages the server has. */
  got: number;
  /** The number of its next message. */
  from: number;
  missed: number;
}

export interface Pong {
  mlabs: 'pong';
  got: number;
}

/** Null where it is none of ours. */
export function readText(text: string): Hello | Pong | null {
  try {
    const said = JSON.parse(text) as { mlabs?: unknown } | null;
    return said?.mlabs === 'hello' || said?.mlabs === 'pong' ? (said as Hello | Pong) : null;
  } catch {
    return null;
  }
}

const CHANNELS = /\/api\/kernels\/([^/]+)\/channels\?/;

/** The kernel that a websocket is for; null where it is for something else. */
export function kernelOf(url: string): string | null {
  const id = CHANNELS.exec(url)?.[1];
  return id === undefined ? null : decodeURIComponent(id);
}

/** Where it is asked whether the kernel is there. */
export function kernelUrl(url: string): string {
  const parsed = new URL(url);
  const token = parsed.searchParams.get('token');
  const path = parsed.pathname.replace(/\/channels$/, '');
  const scheme = parsed.protocol === 'wss:' ? 'https:' : 'http:';
  return `${scheme}//${parsed.host}${path}${token === null ? '' : `?token=${encodeURIComponent(token)}`}`;
}

const OUTPUTS = ['stream', 'display_data', 'execute_result', 'error', 'update_display_data'];

/** Whether a message in the form `v1.kernel.websocket.jupyter.org` is something that a cell shows. */
export function isOutput(message: ArrayBuffer): boolean {
  try {
    const view = new DataView(message);
    const offset = (index: number): number => Number(view.getBigUint64(8 * (index + 1), true));
    const text = (from: number, to: number): string => new TextDecoder().decode(message.slice(from, to));
    if (text(offset(0), offset(1)) !== 'iopub') {
      return false;
    }
    const header = JSON.parse(text(offset(1), offset(2))) as { msg_type?: string };
    return OUTPUTS.includes(header.msg_type ?? '');
  } catch {
    return false;
  }
}
