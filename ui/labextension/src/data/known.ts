/** Which uploads were begun in this browser, so that the same file goes on after a reload. */

const KEY = 'mlabs:uploads';
const MOST = 200;

export interface Known {
  id: string;
  path: string;
  size: number;
}

type Kept = Record<string, Known>;

interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** What tells a file from others: a browser says no more of it. */
export interface Identity {
  path: string;
  size: number;
  modified: number;
}

const markOf = ({ path, size, modified }: Identity): string => `${modified}:${size}:${path}`;

export class KnownUploads {
  private readonly store: Store;
  private readonly of: string;

  /** Uploads are `of` one person. */
  constructor(store: Store, of: string) {
    this.store = store;
    this.of = of;
  }

  id(file: Identity): string | undefined {
    return this.read()[markOf(file)]?.id;
  }

  list(): Known[] {
    return Object.values(this.read());
  }

  remember(file: Identity, id: string): void {
    const { path, size } = file;
    this.write({ ...this.read(), [markOf(file)]: { id, path, size } });
  }

  forget(id: string): void {
    this.write(Object.fromEntries(Object.entries(this.read()).filter(([, known]) => known.id !== id)));
  }

  private get key(): string {
    return `${KEY}:${this.of}`;
  }

  private read(): Kept {
    try {
      const kept: unknown = JSON.parse(this.store.getItem(this.key) ?? '{}');
      return typeof kept === 'object' && kept !== null ? (kept as Kept) : {};
    } catch {
      // Another program's, or a browser that keeps nothing: uploads begin anew then.
      return {};
    }
  }

  private write(kept: Kept): void {
    try {
      this.store.setItem(this.key, JSON.stringify(Object.fromEntries(Object.entries(kept).slice(-MOST))));
    } catch {
      // No room, or none allowed: the upload goes on, only a reload begins it anew.
    }
  }
}
