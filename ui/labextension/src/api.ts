/** Requests to the server extension, `{server}/mlabs/api/`. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { ApiError, errorFrom } from './errors';
import type {
  Backgrounded,
  EmbedSnippet,
  Forked,
  Lab,
  LabChange,
  NotebookLab,
  Published,
  PublishRequest,
  RunPage,
  RuntimeChoice,
  RuntimeState,
  ServerLimits
} from './wire';

export type Query = Record<string, string | number | null>;

export class Api {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  publish(request: PublishRequest): Promise<Published> {
    return this.send<Published>('POST', 'publish', {}, request);
  }

  fork(lab: string): Promise<Forked> {
    return this.send<Forked>('POST', 'fork', {}, { lab });
  }

  lab(path: string): Promise<NotebookLab> {
    return this.send<NotebookLab>('GET', 'lab', { path });
  }

  change(path: string, change: LabChange): Promise<Lab> {
    return this.send<Lab>('PATCH', 'lab', { path }, change);
  }

  embed(path: string): Promise<EmbedSnippet> {
    return this.send<EmbedSnippet>('GET', 'embed', { path });
  }

  history(path: string, limit: number, cursor: string | null = null): Promise<RunPage> {
    return this.send<RunPage>('GET', 'history', { path, limit, cursor });
  }

  async runAll(path: string, cells: string[]): Promise<void> {
    await this.send<unknown>('POST', 'run-all', {}, { path, cells });
  }

  background(path: string): Promise<Backgrounded> {
    return this.send<Backgrounded>('POST', 'background', {}, { path });
  }

  runtime(path: string): Promise<RuntimeState> {
    return this.send<RuntimeState>('GET', 'runtime', { path });
  }

  setRuntime(path: string, choice: RuntimeChoice): Promise<RuntimeState> {
    return this.send<RuntimeState>('PUT', 'runtime', { path }, choice);
  }

  limits(): Promise<ServerLimits> {
    return this.send<ServerLimits>('GET', 'limits', {});
  }

  /** For what a panel asks in a module of its own. */
  async send<Answer>(method: string, endpoint: string, query: Query, body?: object): Promise<Answer> {
    const init: RequestInit = body === undefined ? {} : { body: JSON.stringify(body) };
    return this.ask<Answer>(method, endpoint, query, init);
  }

  /** The same for bodies that are no JSON, and with headers of their own. */
  async ask<Answer>(method: string, endpoint: string, query: Query, init: RequestInit): Promise<Answer> {
    const response = await this.fetch(this.url(endpoint, query), { ...init, method });
    const text = await response.text();
    const answer = parse(text);
    if (!response.ok) {
      throw errorFrom(response.status, answer);
    }
    return answer as Answer;
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('X-Request-ID', requestId());
    try {
      return await ServerConnection.makeRequest(url, { ...init, headers }, this.settings);
    } catch (reason) {
      if (reason instanceof ServerConnection.NetworkError) {
        throw new ApiError(0, 'network', 'Your Jupyter server does not answer.');
      }
      throw reason;
    }
  }

  /** The address of an endpoint, for what a browser loads by itself. */
  url(endpoint: string, query: Query): string {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
      if (value !== null) {
        search.set(key, String(value));
      }
    }
    const address = URLExt.join(this.settings.baseUrl, 'mlabs/api', endpoint);
    return search.size ? `${address}?${search}` : address;
  }
}

/** JSON where it is JSON; an answer that is not (a proxy's error page) says nothing that we could use. */
function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch (reason) {
    if (reason instanceof SyntaxError) {
      return null;
    }
    throw reason;
  }
}

/** What tells one request from all others in the logs; `randomUUID` is not there without TLS. */
function requestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
