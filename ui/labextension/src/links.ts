/** Addresses as the reader's browser sees them; the server may know only internal host names. */

import type { EmbedSnippet } from './wire';

/** `url` on the host that people use. */
export function absolute(url: string, origin: string): string {
  const parsed = new URL(url, origin);
  return new URL(parsed.pathname + parsed.search + parsed.hash, origin).href;
}

export interface Snippets {
  /** The address of its picture. */
  badge: string;
  markdown: string;
  html: string;
  rst: string;
}

/** The badge that leads to a lab, as it is written in pages of several kinds. */
export function snippets(snippet: EmbedSnippet, origin: string): Snippets {
  const inside = baseOf(snippet.url);
  const outside = baseOf(absolute(snippet.url, origin));
  const rebased = (text: string): string => text.split(inside).join(outside);
  const link = absolute(snippet.url, origin);
  const badge = `${outside}/badge.svg`;
  return {
    badge,
    markdown: rebased(snippet.markdown),
    html: `<a href="${link}"><img src="${badge}" alt="Open in MLabs"></a>`,
    rst: rebased(snippet.rst)
  };
}

/** `https://host/services/mlabs` of `https://host/services/mlabs/@ada/mnist`. */
function baseOf(labUrl: string): string {
  return labUrl.slice(0, labUrl.indexOf('/@'));
}
