/** What the panel asks of the server extension, `{server}/mlabs/api/data`. */

import type { Api } from '../api';
import type {
  DataFiles,
  FoundPage,
  Kind,
  MadeData,
  MakeWish,
  NotebookData,
  Output,
  Preview,
  UploadState,
  Whose
} from './wire';

export const look = (api: Api, path: string): Promise<NotebookData> => api.send('GET', 'data', { path });

export const attach = (
  api: Api,
  path: string,
  dataset: string,
  version: number | null
): Promise<NotebookData> => api.send('PUT', 'data', { path }, { dataset, version });

export const detach = (api: Api, path: string, dataset: string): Promise<NotebookData> =>
  api.send('DELETE', 'data', { path, dataset });

export const find = (
  api: Api,
  kind: Kind,
  whose: Whose,
  q: string,
  cursor: string | null = null
): Promise<FoundPage> => api.send('GET', 'data/find', { kind, whose, q, cursor });

export const files = (api: Api, dataset: string, version: number): Promise<DataFiles> =>
  api.send('GET', 'data/files', { dataset, version });

export const preview = (api: Api, dataset: string, version: number, file: string): Promise<Preview> =>
  api.send('GET', 'data/preview', { dataset, version, file });

export const imageUrl = (api: Api, dataset: string, version: number, file: string): string =>
  api.url('data/file', { dataset, version, file });

export const outputs = (api: Api, lab: string): Promise<{ items: Output[] }> =>
  api.send('GET', 'data/outputs', { lab });

export const make = (api: Api, path: string, wish: MakeWish): Promise<MadeData> =>
  api.send('POST', 'data/make', { path }, wish);

export const takeNote = (api: Api, id: string): Promise<void> => api.send('DELETE', 'data/make', { id });

export const begin = (api: Api, path: string, size: number): Promise<UploadState> =>
  api.send('POST', 'data/uploads', {}, { path, size });

export const progress = (api: Api, id: string): Promise<UploadState> =>
  api.send('GET', `data/uploads/${id}`, {});

export const send = (
  api: Api,
  id: string,
  offset: number,
  piece: Blob,
  signal: AbortSignal
): Promise<{ offset: number }> => {
  const headers = { 'Upload-Offset': `${offset}`, 'Content-Type': 'application/octet-stream' };
  return api.ask('PATCH', `data/uploads/${id}`, {}, { body: piece, headers, signal });
};

export const giveUp = (api: Api, id: string): Promise<void> => api.send('DELETE', `data/uploads/${id}`, {});
