import assert from 'node:assert/strict';
import test from 'node:test';

import { byCell, stopping, summary } from '../src/share/findings.ts';
import { tagProblem, tagsOf } from '../src/share/licenses.ts';
import type { Finding } from '../src/share/wire.ts';

const finding = (id: string, severity: Finding['severity'], cell: number | null): Finding => ({
  id,
  kind: 'github',
  severity,
  title: 'GitHub token',
  why: '',
  where: 'source',
  place: '',
  cell,
  line: 1,
  count: 1,
  excerpt: '',
  fix: null
});
const ALL = [finding('a', 'personal', 1), finding('b', 'secret', 1), finding('c', 'secret', null)];

test('a secret stops until it is meant', () => {
  assert.deepEqual(stopping(ALL, new Set()).map(({ id }) => id), ['b', 'c']);
  assert.deepEqual(stopping(ALL, new Set(['b', 'c'])), []);
});

test('findings are grouped by cell, secrets first', () => {
  const groups = byCell(ALL);
  assert.deepEqual(groups.map(({ cell }) => cell), [1, null]);
  assert.deepEqual(groups[0]?.findings.map(({ id }) => id), ['b', 'a']);
});

for (const [meant, expected] of [
  [[], /^2 findings stop/],
  [['b'], /^One finding stops/],
  [['b', 'c'], /^No secret stops this/]
] as const) {
  test(`where things stand with ${meant.length} meant`, () => {
    assert.match(summary(ALL, new Set(meant)), expected);
  });
}

test('nothing found stops nothing', () => assert.equal(summary([], new Set()), 'Nothing stops this.'));

test('tags are small, apart and each there once', () => {
  assert.deepEqual(tagsOf('Vision, #mnist  vision;keras'), ['vision', 'mnist', 'keras']);
  assert.equal(tagProblem('vision, c++'), '');
  assert.match(tagProblem('größe'), /größe/);
  assert.match(tagProblem(Array.from({ length: 21 }, (_, n) => `t${n}`).join(' ')), /At most 20/);
});
