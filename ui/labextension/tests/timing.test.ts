import assert from 'node:assert/strict';
import test from 'node:test';

import { Executions } from '../src/timing/executions.ts';
import { compact, label, moment, recorded, sentence } from '../src/timing/words.ts';

const LENGTHS: [seconds: number, words: string][] = [
  [0.34, '340 ms'],
  [2.34, '2.3 s'],
  [59.4, '59 s'],
  [59.6, '1:00'],
  [740, '12:20'],
  [3725, '1:02:05']
];

for (const [seconds, words] of LENGTHS) {
  test(`${seconds} s in the margin`, () => assert.equal(compact(seconds), words));
}

const NOW = new Date(2026, 10, 20, 12, 0).getTime();
const MORNING = new Date(2026, 10, 20, 9, 41).getTime();

test('the time of day, or the date of another day', () => {
  assert.equal(moment(MORNING, NOW, 'en-GB'), '09:41');
  assert.equal(moment(MORNING - 86_400_000, NOW, 'en-GB'), '19 Nov');
});

test('what the margin says, and what is read out', () => {
  const timing = { seconds: 2.34, ended: MORNING, failed: false };
  assert.equal(label(timing, NOW, 'en-GB'), '✓ 2.3 s · 09:41');
  assert.equal(sentence(timing, NOW, 'en-GB'), 'Ran for 2.3 s, ended at 09:41.');
  assert.equal(label({ ...timing, failed: true }, NOW, 'en-GB'), '✗ 2.3 s · 09:41');
  assert.match(sentence({ ...timing, failed: true }, NOW, 'en-GB'), /^Failed after/);
  assert.equal(label({ seconds: 2.9, ended: null, failed: false }, NOW), '2 s');
  assert.equal(label({ seconds: 71.9, ended: null, failed: false }, NOW), '1:11');
});

const at = (second: number): string => new Date(NOW + second * 1000).toISOString();

test('what is recorded in a notebook', () => {
  const times = { 'iopub.execute_input': at(0), 'shell.execute_reply': at(3), 'iopub.status.idle': at(2) };
  assert.deepEqual(recorded(times, true), { seconds: 2, ended: NOW + 2000, failed: true });
  for (const broken of [undefined, null, 'x', {}, { 'iopub.execute_input': at(0) }, { 'shell.execute_reply': 'x' }]) {
    assert.equal(recorded(broken, false), null);
  }
});

test('executions are told apart, by the clock of the kernel', () => {
  let now = 0;
  const cells: Record<string, string> = { r1: 'a', r2: 'b' };
  const executions = new Executions(
    request => cells[request] ?? null,
    () => now
  );
  const message = (msg_type: string, request: string, second: number, content = {}) => ({
    header: { msg_type, date: at(second) },
    parent_header: { msg_id: request },
    content
  });
  const idle = { execution_state: 'idle' };
  assert.equal(executions.take(message('execute_input', 'console', 0)), null);
  assert.equal(executions.take(message('status', 'console', 0, idle)), null);
  assert.equal(executions.take(message('execute_input', 'r1', 0))?.cell, 'a');
  now = 1500;
  assert.deepEqual([...executions.running()], [['a', { seconds: 1.5, ended: null, failed: false }]]);
  assert.equal(executions.take(message('stream', 'r1', 1)), null);
  assert.equal(executions.take(message('error', 'r1', 1)), null);
  assert.deepEqual(executions.take(message('status', 'r1', 2.5, idle)), {
    cell: 'a',
    timing: { seconds: 2.5, ended: NOW + 2500, failed: true }
  });
  executions.take(message('execute_input', 'r2', 3));
  assert.deepEqual(executions.end(), ['b']);
  assert.equal(executions.running().size, 0);
});
