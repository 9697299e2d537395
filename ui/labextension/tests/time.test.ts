import assert from 'node:assert/strict';
import test from 'node:test';

import { duration, relative } from '../src/time.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');

const DURATIONS: [seconds: number, words: string][] = [
  [0, '0 ms'],
  [0.3404, '340 ms'],
  [0.9999, '1.0 s'],
  [2.44, '2.4 s'],
  [9.97, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min'],
  [200, '3 min 20 s'],
  [3599.6, '1 h'],
  [7500, '2 h 5 min']
];

const AGES: [seconds: number, words: string][] = [
  [-5, 'just now'],
  [44, 'just now'],
  [46, '1 minute ago'],
  [301, '5 minutes ago'],
  [3580, '1 hour ago'],
  [7200, '2 hours ago'],
  [86000, '1 day ago'],
  [3 * 86400, '3 days ago'],
  [8 * 86400, 'Nov 12, 2026']
];

for (const [seconds, words] of DURATIONS) {
  test(`${seconds} s is ${words}`, () => assert.equal(duration(seconds), words));
}

for (const [seconds, words] of AGES) {
  test(`${seconds} s old is ${words}`, () => assert.equal(relative(NOW - seconds * 1000, NOW, 'en-US'), words));
}
