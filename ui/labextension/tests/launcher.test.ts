import assert from 'node:assert/strict';
import test from 'node:test';

import { beginnings, page, recent } from '../src/launcher/cards.ts';
import type { StartingPoints } from '../src/launcher/wire.ts';

const points = {
  base: '/services/mlabs/',
  environments: [
    { name: 'python', title: 'Python' },
    { name: 'pytorch', title: 'PyTorch' }
  ],
  labs: [{ owner: 'ada', name: 'waves', title: 'Waves' }]
} as unknown as StartingPoints;

const led = (cards: { command: string; args: Record<string, string> }[]): string[] =>
  cards.map(({ command, args }) => page(command, args));

test('the cards lead to pages of the service', () => {
  assert.deepEqual(led(beginnings(points)), [
    'new?environment=python',
    'new?environment=pytorch',
    'import',
    'new?template=welcome'
  ]);
  assert.deepEqual(led(recent(points)), ['open/@ada/waves']);
});

test('from the palette, where nothing is chosen, they lead to where one chooses', () => {
  assert.deepEqual(
    ['mlabs:new-lab', 'mlabs:open-lab', 'mlabs:import'].map(command => page(command, {})),
    ['new', 'me', 'import']
  );
});

test('names are quoted', () => {
  assert.equal(page('mlabs:open-lab', { lab: 'a b/x' }), 'open/@a%20b/x');
});
