import assert from 'node:assert/strict';
import test from 'node:test';

import { cellName, fresh, newsText, standing } from '../src/upstream/news.ts';
import { type Step, steps } from '../src/upstream/steps.ts';
import type { Upstream } from '../src/upstream/wire.ts';

interface Cell {
  id?: string;
  source: string | string[];
  outputs?: unknown[];
}

const cells = (words: string): Cell[] => [...words].map(id => ({ id, source: id }));

/** What the steps make of the cells. */
function taken(old: Cell[], found: Step[]): Cell[] {
  const now = [...old];
  for (const step of found) {
    if ('delete' in step) {
      now.splice(step.delete, 1);
    } else {
      now.splice(step.insert, 0, step.cell as Cell);
    }
  }
  return now;
}

const said = (some: Cell[]): string => some.map(cell => [cell.source].flat().join('')).join('');

for (const [old, next, most] of [
  ['abc', 'abc', 0],
  ['abc', 'abXc', 1],
  ['abc', 'ac', 1],
  ['abc', '', 3],
  ['', 'abc', 3],
  ['abcd', 'bcda', 2],
  ['abcd', 'dabc', 2],
  ['abcd', 'aXcd', 2],
  ['abcd', 'dcba', 6],
  ['abcabc', 'bcXab', 5]
] as const) {
  test(`steps from "${old}" to "${next}"`, () => {
    const found = steps(cells(old), cells(next));
    assert.equal(said(taken(cells(old), found)), next);
    assert.ok(found.length <= most, `${found.length} steps`);
  });
}

test('however its lines are written, a cell is the same', () => {
  const old = [{ id: 'a', source: 'x\ny', outputs: [{ name: 'stdout', text: 'a\nb' }] }];
  const next = [{ outputs: [{ text: ['a\n', 'b'], name: 'stdout' }], source: ['x\n', 'y'], id: 'a' }];
  assert.deepEqual(steps(old, next), []);
  assert.deepEqual(steps([{ id: 'a', source: '' }], [{ id: 'a', source: [] }]), []);
});

test('before nbformat 4.5 cells have no ids', () => {
  assert.deepEqual(steps([{ source: 'x' }], [{ id: 'made', source: 'x' }]), []);
  assert.equal(steps([{ source: 'x' }], [{ id: 'made', source: 'y' }]).length, 2);
});

const upstream: Upstream = {
  lab: 'ada/mnist',
  title: 'MNIST',
  base: 2,
  latest: 5,
  new: 3,
  versions: [],
  url: ''
};

test('what a notebook says that it has taken in counts', () => {
  assert.equal(fresh(upstream, undefined), 3);
  assert.equal(fresh(upstream, { upstream: { lab: 'ada/mnist', version: 5 } }), 0);
  assert.equal(standing(upstream, { upstream: { lab: 'ada/mnist', version: 1 } }), 1);
  for (const odd of [3, [], 'x', { upstream: 3 }, { upstream: { lab: 'x/y', version: 5 } }]) {
    assert.equal(standing(upstream, odd), 2);
  }
  assert.equal(standing(upstream, { upstream: { lab: 'ada/mnist', version: 9 } }), 2);
  assert.equal(standing(upstream, { upstream: { lab: 'ada/mnist', version: '4' } }), 2);
});

test('words', () => {
  assert.equal(newsText('ada/mnist', 1), 'The original, @ada/mnist, has a new version.');
  assert.equal(newsText('ada/mnist', 3), 'The original, @ada/mnist, has 3 new versions.');
  assert.equal(cellName('markdown', 2), 'Text cell 2');
  assert.equal(cellName('code', null), 'Code cell');
});
