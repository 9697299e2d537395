import assert from 'node:assert/strict';
import test from 'node:test';

import { Lost, meant } from '../src/connection/gone.ts';

/** Answers in turn, the last one again and again; how often was asked, and how often told. */
function lostWith(...statuses: number[]): { lost: Lost; seen: { asked: number; told: number } } {
  const seen = { asked: 0, told: 0 };
  const ask = (): Promise<number> =>
    Promise.resolve(statuses[Math.min(seen.asked++, statuses.length - 1)] as number);
  const tell = (): void => void seen.told++;
  return { lost: new Lost(ask, tell, () => Promise.resolve()), seen };
}

test('only the hub knows that a server is gone', () => {
  assert.deepEqual([424, 404, 0, 502, 503, 200, 403].map(meant), ['gone', 'gone', 'away', 'away', 'away', 'there', 'there']);
});

test('a restart of everything is waited for without a word', async () => {
  const { lost, seen } = lostWith(0, 502, 503, 424, 424, 0, 503, 424, 424, 424, 200);
  await lost.look();
  assert.deepEqual(seen, { asked: 11, told: 0 });
});

test('a server that is gone is told of once', async () => {
  const { lost, seen } = lostWith(503, 424);
  await Promise.all([lost.look(), lost.look()]);
  assert.deepEqual(seen, { asked: 5, told: 1 });
  await lost.look();
  assert.equal(seen.told, 1);
});

test('one that came back and ends again is told of again', async () => {
  const { lost, seen } = lostWith(424, 424, 424, 424, 200, 424);
  await lost.look();
  await lost.look();
  await lost.look();
  assert.equal(seen.told, 2);
});
