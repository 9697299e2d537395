/** Licenses in plain words, and tags; the service knows more licenses, and keeps those that it has. */

export const LICENSES: { value: string; label: string }[] = [
  { value: '', label: 'None: others may read and fork it here, no more' },
  { value: 'MIT', label: 'MIT: do anything, keep my name' },
  { value: 'Apache-2.0', label: 'Apache 2.0: do anything, keep my name; covers patents' },
  { value: 'BSD-3-Clause', label: 'BSD 3-Clause: do anything, keep my name; no advertising with it' },
  { value: 'GPL-3.0-or-later', label: 'GPL 3: do anything, share changes under the same terms' },
  { value: 'CC-BY-4.0', label: 'CC BY 4.0: use texts and figures, name me' },
  { value: 'CC-BY-SA-4.0', label: 'CC BY-SA 4.0: as CC BY, and share alike' },
  { value: 'CC-BY-NC-4.0', label: 'CC BY-NC 4.0: as CC BY, but not commercially' },
  { value: 'CC0-1.0', label: 'CC0: public domain, no conditions' }
];

const TAG = /^[a-z0-9][a-z0-9+.-]{0,39}$/;
const MOST_TAGS = 20;

/** The tags of a line, in small letters, each once. */
export function tagsOf(line: string): string[] {
  return [...new Set(line.toLowerCase().split(/[\s,;#]+/).filter(tag => tag !== ''))];
}

/** Why a line of tags cannot be used, or nothing. */
export function tagProblem(line: string): string {
  const tags = tagsOf(line);
  const wrong = tags.find(tag => !TAG.test(tag));
  if (wrong !== undefined) {
    return `“${wrong}” cannot be a tag: use letters a to z, digits, and + . - between them.`;
  }
  return tags.length > MOST_TAGS ? `At most ${MOST_TAGS} tags.` : '';
}
