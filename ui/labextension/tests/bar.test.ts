import assert from 'node:assert/strict';
import test from 'node:test';

import { hoursLeft, stopsIn, widening } from '../src/bar/wording.ts';
import type { Lab } from '../src/wire.ts';

const allowance = {
  plan: 'free',
  cpu_hours_left: 6.57,
  gpu_hours_left: 0.04,
  community_hours_left: 12.5,
  period_end: null,
  withheld: []
};

test('hours that are left', () => {
  assert.equal(hoursLeft(allowance, 'none'), '6.5 hours left');
  assert.equal(hoursLeft(allowance, 'gpu'), '0 GPU hours left');
  assert.equal(hoursLeft(allowance, 'community'), '12 hours on community machines left');
  assert.equal(hoursLeft({ ...allowance, cpu_hours_left: 38.9 }, 'none'), '38 hours left');
  assert.equal(hoursLeft({ ...allowance, cpu_hours_left: 1 }, 'none'), '1 hour left');
  assert.equal(hoursLeft({ ...allowance, cpu_hours_left: null }, 'none'), null);
  assert.equal(hoursLeft(null, 'none'), null);
});

test('the end of a server is announced in its last hour', () => {
  assert.equal(stopsIn(null), null);
  assert.equal(stopsIn(7200), null);
  assert.equal(stopsIn(540), 'Stops in 9 minutes');
  assert.equal(stopsIn(-1), null);
});

test('more people only once that is confirmed', () => {
  const lab = { title: 'Waves', version: 3 } as Lab;
  const asked = (from: Lab['visibility'], to: Lab['visibility']) => widening({ ...lab, visibility: from }, to);
  assert.equal(asked('public', 'private'), null);
  assert.equal(asked('public', 'unlisted'), null);
  assert.equal(asked('unlisted', 'private'), null);
  assert.equal(asked('private', 'unlisted')?.accept, 'Make unlisted');
  assert.equal(asked('private', 'public')?.title, 'Make “Waves” public?');
  assert.match(asked('unlisted', 'public')?.body ?? '', /all of its 3 versions/);
});
