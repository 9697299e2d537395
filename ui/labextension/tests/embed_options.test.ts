import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import * as rules from '../src/share/embed_options.ts';

interface Case {
  case: string;
  title: string;
  url: string;
  embed_url: string;
  options: Partial<Record<'v' | 'cells' | 'show' | 'theme' | 'header', string>>;
  height: number;
  html: string;
}

// The same table as the service's own writer of snippets is tested with.
const CASES = JSON.parse(
  readFileSync(new URL('../../../tests/support/embed_snippets.json', import.meta.url), 'utf8')
) as Case[];

const EMBEDDED = {
  lab: 'ada/digits',
  title: 'Digits & more',
  url: 'https://x.org/services/mlabs/@ada/digits',
  embedUrl: 'https://x.org/services/mlabs/embed/@ada/digits'
};

function options(change: Partial<rules.EmbedOptions>): rules.EmbedOptions {
  return { ...rules.DEFAULTS, ...change };
}

for (const { case: name, title, url, embed_url, options: given, height, html } of CASES) {
  test(`a frame with ${name} is what the service writes`, () => {
    const { v = '', cells = '', show = '', theme = '', header = '' } = given;
    const chosen = options({
      which: cells ? 'typed' : 'all',
      typed: cells.replaceAll(',', ' , '),
      show: show as rules.Show,
      theme: theme as rules.Theme,
      header: header as '' | '0',
      version: v,
      pixels: String(height)
    });
    assert.equal(rules.embedCode({ lab: 'a/b', title, url, embedUrl: embed_url }, chosen), html);
  });
}

test('one that fits its content is a paragraph with a script, and reserves no height', () => {
  const chosen = options({ which: 'picked', picked: ['c-1', 'c-2'], theme: 'dark', version: '2', height: 'fit' });
  assert.equal(
    rules.embedCode(EMBEDDED, chosen),
    '<p class="mlabs" data-lab="ada/digits" data-v="2" data-cells="c-1,c-2" data-theme="dark">' +
      '<a href="https://x.org/services/mlabs/@ada/digits/v/2">Digits &amp; more</a></p>\n' +
      '<script async src="https://x.org/services/mlabs/embed.js"></script>'
  );
});

test('the preview is told the colors around it, and what is left out stays out', () => {
  const query = rules.queryOf(options({ typed: '9', picked: ['a'], show: 'code' }));
  assert.deepEqual(query, { show: 'code' });
  assert.equal(rules.addressOf(EMBEDDED.embedUrl, query, 'dark'), `${EMBEDDED.embedUrl}?show=code&around=dark`);
  assert.equal(rules.addressOf(EMBEDDED.embedUrl, {}), EMBEDDED.embedUrl);
});

const IDS = ['first', 'second', '7'];

const CELLS: [name: string, change: Partial<rules.EmbedOptions>, problem: RegExp][] = [
  ['all', { which: 'all', typed: '??' }, /^$/],
  ['a range, a number and an id', { which: 'typed', typed: '1-2, 3,second' }, /^$/],
  ['a range beyond the end', { which: 'typed', typed: '2-99' }, /^$/],
  ['an id that is a number', { which: 'typed', typed: '7' }, /^$/],
  ['some that are picked', { which: 'picked', picked: ['first'] }, /^$/],
  ['nothing picked', { which: 'picked', typed: '1' }, /Pick at least one/],
  ['nothing typed', { which: 'typed', typed: ' , ' }, /such as 2-4,7/],
  ['markup', { which: 'typed', typed: '1,<b>' }, /“<b>” is no cell/],
  ['a number beyond the end', { which: 'typed', typed: '4' }, /no cell 4: this notebook has 3/],
  ['a range that goes back', { which: 'typed', typed: '3-1' }, /no cell 3-1/],
  ['cell 0', { which: 'typed', typed: '0' }, /no cell 0/],
  ['too many', { which: 'typed', typed: '1,'.repeat(201) }, /At most 200/]
];

for (const [name, change, problem] of CELLS) {
  test(`cells: ${name}`, () => assert.match(rules.cellsProblem(options(change), IDS), problem));
}

for (const [pixels, good] of Object.entries({ 480: true, 48: true, 47: false, 10001: false, '': false, '4e2': false })) {
  test(`a height of “${pixels}” is ${good ? 'good' : 'not'}`, () => {
    assert.equal(rules.heightProblem(options({ pixels })) === '', good);
    assert.equal(rules.heightProblem(options({ pixels, height: 'fit' })), '');
  });
}
