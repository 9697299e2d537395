/** What is being uploaded from this tab: each parcel is some files that become one dataset. */

import { Signal } from '@lumino/signaling';

import type { Api } from '../api';
import { type ApiError, asApiError } from '../errors';
import type { LabState } from '../lab';
import { KnownUploads } from './known';
import * as requests from './requests';
import { sendFile, type Source, Stopped } from './sender';

export interface Wish {
  title: string;
  license: string;
  sources: Source[];
}

export class Parcel {
  readonly total: number;
  /** Bytes that are there. */
  sent = 0;
  /** Nobody answers now; it is tried again. */
  broken = false;
  state: 'sending' | 'paused' | 'refused' = 'sending';
  error: ApiError | null = null;
  stop = new AbortController();

  constructor(
    readonly notebook: LabState,
    readonly wish: Wish
  ) {
    this.total = wish.sources.reduce((sum, source) => sum + source.size, 0);
  }
}

/** A file that was chosen or dropped, with its path within the dataset. */
export function sourceOf(file: File, path = file.webkitRelativePath || file.name): Source {
  return { path, size: file.size, modified: file.lastModified, slice: (from, to) => file.slice(from, to) };
}

export class Parcels {
  /** Emitted with the state of the notebook whose dataset is being made now, else with null. */
  readonly changed = new Signal<this, LabState | null>(this);
  readonly list: Parcel[] = [];
  readonly known: KnownUploads;

  constructor(private readonly api: Api) {
    this.known = new KnownUploads(window.localStorage, api.url('', {}));
    window.addEventListener('beforeunload', event => {
      if (this.list.some(parcel => parcel.state === 'sending')) {
        event.preventDefault();
      }
    });
  }

  add(state: LabState, wish: Wish): void {
    const parcel = new Parcel(state, wish);
    this.list.push(parcel);
    void this.run(parcel);
  }

  pause(parcel: Parcel): void {
    parcel.stop.abort();
  }

  resume(parcel: Parcel): void {
    parcel.stop = new AbortController();
    void this.run(parcel);
  }

  /** Give it up, here and at the service. */
  async cancel(parcel: Parcel): Promise<void> {
    parcel.stop.abort();
    this.remove(parcel);
    for (const source of parcel.wish.sources) {
      const id = this.known.id(source);
      if (id !== undefined) {
        this.known.forget(id);
        // What cannot be taken back now is given up by the service within an hour.
        await requests.giveUp(this.api, id).catch(() => undefined);
      }
    }
  }

  /** What was begun before a reload and is there in part. */
  async unfinished(): Promise<{ path: string; offset: number; size: number }[]> {
    const sending = new Set(this.list.flatMap(({ wish }) => wish.sources.map(source => this.known.id(source))));
    const asked = this.known.list().filter(({ id }) => !sending.has(id));
    const found = await Promise.all(
      asked.map(async ({ id, path, size }) => {
        try {
          const { offset } = await requests.progress(this.api, id);
          return { path, offset, size };
        } catch (reason) {
          if (asApiError(reason).status === 404) {
            this.known.forget(id);
          }
          return null;
        }
      })
    );
    return found.filter(each => each !== null);
  }

  private async run(parcel: Parcel): Promise<void> {
    parcel.state = 'sending';
    parcel.error = null;
    this.tell();
    try {
      const uploads = await this.send(parcel);
      await this.make(parcel, uploads);
    } catch (reason) {
      parcel.state = reason instanceof Stopped || parcel.stop.signal.aborted ? 'paused' : 'refused';
      parcel.error = parcel.state === 'paused' ? null : asApiError(reason);
    }
    parcel.broken = false;
    this.tell();
  }

  private async send(parcel: Parcel): Promise<string[]> {
    const ids: string[] = [];
    let before = 0;
    for (const source of parcel.wish.sources) {
      const start = before;
      ids.push(
        await sendFile(source, {
          known: this.known,
          stopped: parcel.stop.signal,
          transport: {
            begin: (path, size) => requests.begin(this.api, path, size),
            progress: id => requests.progress(this.api, id),
            send: (id, offset, piece) => requests.send(this.api, id, offset, piece, parcel.stop.signal)
          },
          shown: bytes => {
            parcel.sent = start + bytes;
            this.tell();
          },
          broken: is => {
            parcel.broken = is;
            this.tell();
          }
        })
      );
      before += source.size;
    }
    return ids;
  }

  private async make(parcel: Parcel, uploads: string[]): Promise<void> {
    const { title, license } = parcel.wish;
    const wish = { title, uploads, ...(license ? { license } : {}) };
    await requests.make(this.api, parcel.notebook.path, wish);
    for (const id of uploads) {
      this.known.forget(id);
    }
    this.remove(parcel);
    this.changed.emit(parcel.notebook);
  }

  private remove(parcel: Parcel): void {
    const at = this.list.indexOf(parcel);
    if (at >= 0) {
      this.list.splice(at, 1);
    }
    this.tell();
  }

  private tell(): void {
    this.changed.emit(null);
  }
}
