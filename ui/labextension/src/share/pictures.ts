/** Pictures in outputs, and the words on them that the lab's page reads: `alt` in the metadata of their type. */

import type { JSONObject } from '@lumino/coreutils';

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/svg+xml'];

/** The picture that readers see of an output, if it has no words yet. */
export function pictureOf(output: JSONObject): { mime: string; url: string } | null {
  const data = record(output['data']);
  const mime = PICTURES.find(each => each in data);
  if (mime === undefined || 'text/html' in data) {
    return null;
  }
  const said = record(record(output['metadata'])[mime]);
  if (said['alt'] || said['alt_text']) {
    return null;
  }
  const content = data[mime];
  const text = Array.isArray(content) ? content.join('') : String(content);
  const svg = mime === 'image/svg+xml';
  return { mime, url: svg ? `data:${mime},${encodeURIComponent(text)}` : `data:${mime};base64,${text.trim()}` };
}

export function describe(output: JSONObject, mime: string, alt: string): JSONObject {
  const metadata = record(output['metadata']);
  return { ...output, metadata: { ...metadata, [mime]: { ...record(metadata[mime]), alt } } };
}

function record(value: unknown): JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JSONObject) : {};
}
