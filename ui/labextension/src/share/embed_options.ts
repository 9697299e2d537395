/** An embed's options, what its address says of them, and what a person pastes; the service reads the same options. */

export type Show = '' | 'code' | 'output';
export type Theme = '' | 'light' | 'dark';

export interface EmbedOptions {
  /** Which cells: all of them, some that are picked, or what is typed. */
  which: 'all' | 'picked' | 'typed';
  /** Ids of cells. */
  picked: readonly string[];
  /** Numbers from 1, ranges, or ids. */
  typed: string;
  show: Show;
  theme: Theme;
  header: '' | '0';
  /** A version that is kept to; empty for the latest, whatever it will be. */
  version: string;
  /** Whether it gets `pixels` of room, or what its content takes. */
  height: 'fixed' | 'fit';
  pixels: string;
}

export const DEFAULTS: EmbedOptions = {
  which: 'all',
  picked: [],
  typed: '',
  show: '',
  theme: '',
  header: '',
  version: '',
  height: 'fixed',
  pixels: '480'
};

/** The lab that is embedded, with addresses as readers know them. */
export interface Embedded {
  lab: string;
  title: string;
  url: string;
  embedUrl: string;
}

const CELL = /^[\w-]{1,64}$/;
const MOST_CELLS = 200;
const LOWEST = 48;
const HIGHEST = 10_000;

/** Why options cannot be used as they are, or nothing. */
export function cellsProblem(options: EmbedOptions, ids: readonly string[]): string {
  if (options.which === 'all') {
    return '';
  }
  const names = cellsOf(options);
  if (names.length === 0) {
    return options.which === 'picked' ? 'Pick at least one cell.' : 'Type numbers or ranges, such as 2-4,7.';
  }
  const wrong = names.find(name => !CELL.test(name));
  if (wrong !== undefined) {
    return `“${wrong}” is no cell: type numbers from 1 and ranges, such as 2-4,7.`;
  }
  const beyond = names.find(name => !isThere(name, ids));
  if (beyond !== undefined) {
    return `There is no cell ${beyond}: this notebook has ${ids.length}.`;
  }
  return names.length > MOST_CELLS ? `At most ${MOST_CELLS} cells and ranges.` : '';
}

export function heightProblem({ height, pixels }: EmbedOptions): string {
  const value = Number(pixels);
  const good = /^\d+$/.test(pixels.trim()) && value >= LOWEST && value <= HIGHEST;
  return height === 'fit' || good ? '' : `A height is ${LOWEST} to ${HIGHEST} pixels.`;
}

/** The query of an embed, in the order of the contract; what is left out is the default. */
export function queryOf(options: EmbedOptions): Record<string, string> {
  const { version, show, theme, header } = options;
  const cells = options.which === 'all' ? '' : cellsOf(options).join(',');
  const all = { v: version, cells, show, theme, header };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

/** Where the embed is; `around` is the theme of the page around it, which `embed.js` tells there. */
export function addressOf(embedUrl: string, query: Record<string, string>, around = ''): string {
  const said = Object.entries(around ? { ...query, around } : query);
  const encode = (value: string): string => encodeURIComponent(value).replaceAll('%2C', ',');
  return said.length ? `${embedUrl}?${said.map(([name, value]) => `${name}=${encode(value)}`).join('&')}` : embedUrl;
}

/** The page that the embed shows a part of. */
export function pageOf(embedded: Embedded, options: EmbedOptions): string {
  return options.version ? `${embedded.url}/v/${options.version}` : embedded.url;
}

/** What to paste: a frame of a fixed height, or a paragraph that a script makes one of that fits its content. */
export function embedCode(embedded: Embedded, options: EmbedOptions): string {
  const query = queryOf(options);
  return options.height === 'fit' ? paragraph(embedded, options, query) : frame(embedded, options, query);
}

function frame(embedded: Embedded, { pixels }: EmbedOptions, query: Record<string, string>): string {
  const source = `<iframe src="${escape(addressOf(embedded.embedUrl, query))}" title="${escape(embedded.title)}"`;
  return `${source} loading="lazy" style="width:100%;border:0" height="${Number(pixels)}"></iframe>`;
}

function paragraph(embedded: Embedded, options: EmbedOptions, query: Record<string, string>): string {
  const said = Object.entries({ lab: embedded.lab, ...query }).map(([name, value]) => `data-${name}="${escape(value)}"`);
  const link = `<a href="${escape(pageOf(embedded, options))}">${escape(embedded.title)}</a>`;
  const base = embedded.url.slice(0, embedded.url.lastIndexOf('/@') + 1);
  return `<p class="mlabs" ${said.join(' ')}>${link}</p>\n<script async src="${escape(base)}embed.js"></script>`;
}

function cellsOf({ which, picked, typed }: EmbedOptions): string[] {
  const names = which === 'picked' ? [...picked] : typed.split(',');
  return names.map(name => name.trim()).filter(name => name !== '');
}

function isThere(name: string, ids: readonly string[]): boolean {
  const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(name) ?? [];
  if (ids.includes(name) || first === undefined) {
    return ids.includes(name);
  }
  const [from, to] = [Number(first), Number(last ?? first)];
  // As the service reads them: a range may reach beyond the last cell.
  return from >= 1 && from <= to && from <= ids.length;
}

const ESCAPED: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' };

function escape(text: string): string {
  return text.replace(/[&<>"']/g, sign => ESCAPED[sign] as string);
}
