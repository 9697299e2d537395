/** Sizes, facts and states of datasets as a person reads them. */

import type { FoundData, Kind, NotebookDataset, Whose } from './wire';

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** `"913 bytes"`, `"13.5 kB"`, `"2.1 GB"`. */
export function size(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${bytes === 1 ? 'byte' : UNITS[unit]}`;
}

export const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;

/** `"34 %"`; a hundred only where all is there. */
export function percent(done: number, of: number): string {
  return `${of === 0 ? 100 : Math.min(100, Math.floor((100 * done) / of))} %`;
}

export const KINDS: { value: Kind; label: string }[] = [
  { value: 'dataset', label: 'Datasets' },
  { value: 'model', label: 'Models' },
  { value: 'lab', label: 'Outputs of runs' }
];

export const WHOSE: { value: Whose; label: string }[] = [
  { value: 'all', label: 'Public' },
  { value: 'mine', label: 'Mine' },
  { value: 'shared', label: 'Shared with me' }
];

/** `"library/penguins · 13.5 kB · 1 file · CC0-1.0 · version 1"`. */
export function facts(found: FoundData): string {
  const known = [
    found.reference,
    ...(found.size === null ? [] : [size(found.size)]),
    ...(found.files === null ? [] : [count(found.files, 'file')]),
    ...(found.format === null ? [] : [found.format]),
    ...(found.runs === null ? [] : [count(found.runs, 'run')]),
    ...(found.kind === 'dataset' ? [found.license ?? 'no license'] : []),
    ...(found.kind === 'lab' ? [] : [`version ${found.version}`]),
    ...(found.visibility === 'public' ? [] : [found.visibility])
  ];
  return known.join(' · ');
}

/** What a search that finds nothing says: what to do instead. */
export function nothing(kind: Kind, whose: Whose, q: string): string {
  const noun = { dataset: 'dataset', model: 'model', lab: 'lab' }[kind];
  if (q !== '') {
    return `No ${noun} has these words. Try fewer or others, or look in another list.`;
  }
  if (whose === 'shared') {
    return `Nobody shares a ${noun} with you yet. Its owner does so in its settings, by your name.`;
  }
  if (whose === 'all') {
    return `There is no public ${noun} here yet.`;
  }
  return {
    dataset: 'You have no dataset yet. Drop files onto the Data panel, and they become one.',
    model: 'You have no model yet. A model file in outputs/ of a run can become one, on the run’s page.',
    lab: 'You have no lab yet. Publish this notebook; what its runs write to outputs/ is found here.'
  }[kind];
}

/** What is not as it should be with a dataset, in a few words; empty where it is ready. */
export function stateText(item: NotebookDataset): string {
  switch (item.state) {
    case 'ready':
      return '';
    case 'coming':
      return `Fetching: ${percent(item.done, item.size)} of ${size(item.size)}`;
    case 'absent':
      return 'It is not on this server yet.';
    default:
      return item.message ?? '';
  }
}

/** What to call a dataset of these files: their folder, or the one file's name. */
export function titleOf(paths: string[]): string {
  const [first = ''] = paths;
  const folder = first.split('/')[0] ?? '';
  if (first.includes('/') && paths.every(path => path.startsWith(`${folder}/`))) {
    return folder;
  }
  const name = first.split('/').at(-1) ?? '';
  return paths.length === 1 ? name.replace(/(?<=.)\..*$/, '') : '';
}
