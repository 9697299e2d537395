import assert from 'node:assert/strict';
import test from 'node:test';

import { type ISharedCodeCell, YNotebook } from '@jupyter/ydoc';

import { path, sentence, short } from '../src/history/curve.ts';
import { inOrder, lines, parts, rows } from '../src/history/difference.ts';
import { apply, consequence, copyName, plan, present } from '../src/history/restore.ts';
import type { ExecutedCell, Series } from '../src/history/wire.ts';
import type { ComparedCell, ComparedLine } from '../src/wire.ts';

const series = (values: (number | null)[], steps = values.map((_, at) => at)): Series => ({
  name: 'loss',
  count: values.length,
  steps,
  values
});

const NUMBERS: [value: number, words: string][] = [
  [0, '0'],
  [0.312345, '0.312'],
  [12.34, '12.3'],
  [1234.5, '1235'],
  [0.00001234, '1.2e-5'],
  [-2_000_000, '-2e6']
];

for (const [value, words] of NUMBERS) {
  test(`${value} in few characters`, () => assert.equal(short(value), words));
}

const SENTENCES: [name: string, series: Series, words: string][] = [
  ['a course', series([0.31, null, 0.05]), 'loss 0.31 → 0.05, 3 steps'],
  ['one value', series([2]), 'loss 2'],
  ['nothing comparable', series([null, null]), 'loss: no number']
];

for (const [name, given, words] of SENTENCES) {
  test(`${name} as a sentence`, () => assert.equal(sentence(given), words));
}

const PATHS: [name: string, series: Series, drawn: string][] = [
  ['from the lowest to the highest', series([1, 3]), 'M1.0 9.0L19.0 1.0'],
  ['a gap where there is no number', series([1, null, 3]), 'M1.0 9.0M19.0 1.0'],
  ['by the steps that were given', series([0, 0, 4], [0, 90, 100]), 'M1.0 9.0L17.2 9.0L19.0 1.0'],
  ['all the same in the middle', series([2, 2]), 'M1.0 5.0L19.0 5.0'],
  ['nothing of one number', series([null, 2]), '']
];

for (const [name, given, drawn] of PATHS) {
  test(`a curve: ${name}`, () => assert.equal(path(given, 20, 10), drawn));
}

const line = (a: number | null, old: string | null, b: number | null, fresh: string | null): ComparedLine => ({
  a,
  old,
  b,
  new: fresh
});

test('old lines come before new ones, and what is far away is folded', () => {
  const far = [1, 2, 3, 4].map(n => line(n, `${n}`, n, `${n}`));
  const found = lines([...far, line(5, 'x = 1', 5, 'x = 2'), line(6, 'y', null, null)]);
  assert.deepEqual(
    found.map(({ kind, text }) => [kind, text]),
    [
      ['folded', '2 lines are the same'],
      ['same', '3'],
      ['same', '4'],
      ['removed', 'x = 1'],
      ['removed', 'y'],
      ['added', 'x = 2']
    ]
  );
});

const cell = (fields: Partial<ComparedCell>): ComparedCell => ({
  change: 'changed',
  type: 'code',
  a: 1,
  b: 1,
  lines: [],
  outputs: false,
  shows: [false, false],
  ...fields
});

const TITLES: [cell: ComparedCell, now: boolean, title: string][] = [
  [cell({ lines: [line(1, 'a', 1, 'b')] }), true, 'Cell 1: other code'],
  [cell({ b: 3, outputs: true, shows: [true, true] }), true, 'Cell 1, now cell 3: another output'],
  [cell({ outputs: true, shows: [true, false] }), true, 'Cell 1: no output now'],
  [cell({ change: 'added', a: null, b: 2 }), true, 'Cell 2: not executed in this run'],
  [cell({ change: 'added', a: null, b: 2 }), false, 'Cell 2: only in the later run'],
  [cell({ b: 3, outputs: true, shows: [true, false] }), false, 'Cell 1, later cell 3: no output later'],
  [cell({ change: 'removed', a: 2, b: null }), true, 'Cell 2 of the run: not in the notebook now']
];

for (const [given, now, title] of TITLES) {
  test(`a cell is told of: ${title}`, () => assert.equal((parts([given], now)[0] as { title: string }).title, title));
}

test('cells that are the same are counted together', () => {
  const same = cell({ change: 'same' });
  assert.deepEqual(
    parts([same, same, cell({ outputs: true, shows: [false, true] }), same], true).map(part =>
      'same' in part ? part.same : part.title
    ),
    [2, 'Cell 1: an output now', 1]
  );
});

test('what differs is told in words', () => {
  assert.deepEqual(rows({ rate: [0.1, null], loss: [0.15379018091209573, 1e-9], name: ['a', { b: 1 }] }), [
    ['rate', '0.1', 'none'],
    ['loss', '0.15379', '1e-9'],
    ['name', 'a', '{"b":1}']
  ]);
});

test('the earlier of two runs comes first, whichever is chosen first', () => {
  const [one, other] = [{ started: '2026-01-01T10:00:00+00:00' }, { started: '2026-01-01T10:30:00+01:00' }];
  assert.deepEqual(inOrder(one, other), [other, one]);
  assert.deepEqual(inOrder(other, one), [other, one]);
});

const executed = (id: string, source: string): ExecutedCell => ({ id, source, outputs: [], execution_count: 1 });
const code = (id: string, source: string) => ({ id, type: 'code', source });

test('cells are found again by id, then by code, and what is gone comes back', () => {
  const present = [code('a', 'x = 2'), { id: 't', type: 'markdown', source: '# Title' }, code('b', 'y = 1')];
  const found = plan(present, [executed('a', 'x = 1'), executed('execution-7', 'y = 1'), executed('gone', 'z')]);
  assert.deepEqual(
    found.places.map(place => place.into),
    ['a', 'b', null]
  );
  assert.deepEqual([found.changed, found.added], [1, 1]);
  assert.match(consequence(found), /^One cell gets its code of then\. One cell comes back\. 3 cells show/);
});

test('a cell whose id is that of a text is another one', () => {
  assert.equal(plan([{ id: 'a', type: 'markdown', source: 'x' }], [executed('a', 'x')]).places[0]?.into, null);
});

test('the copy lies beside the notebook', () => {
  assert.equal(
    copyName('penguins/penguins.ipynb', new Date(2026, 10, 5, 9, 4, 7)),
    'penguins/penguins before restore 2026-11-05 09.04.07.ipynb'
  );
});

test('a restore is one step of a real shared notebook, which undo takes back', () => {
  const shared = new YNotebook({ disableDocumentWideUndoRedo: true });
  const output = (text: string) => ({ output_type: 'stream' as const, name: 'stdout' as const, text });
  shared.insertCells(0, [
    { cell_type: 'markdown', id: 't', source: '# Title', metadata: {} },
    { cell_type: 'code', id: 'a', source: 'x = 2', metadata: {}, outputs: [output('2')], execution_count: 2 }
  ]);
  const of = (): unknown =>
    shared.cells.map(cell => [
      cell.getId(),
      cell.getSource(),
      cell.cell_type === 'code' ? (cell as ISharedCodeCell).getOutputs().map(one => one['text']) : null
    ]);
  const before = of();
  const then = [{ ...executed('a', 'x = 1'), outputs: [output('1')] }, executed('gone', 'y')];
  apply(shared, plan(present(shared), then));
  assert.deepEqual(of(), [
    ['t', '# Title', null],
    ['a', 'x = 1', ['1']],
    ['gone', 'y', []]
  ]);
  shared.undo();
  assert.deepEqual(of(), before);
  shared.redo();
  assert.equal(shared.cells.length, 3);
  // Its clock would keep the process going.
  shared.dispose();
});
