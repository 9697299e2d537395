import assert from 'node:assert/strict';
import test from 'node:test';

import { advances, ended, inWords, pause, stageOf, warning } from '../src/limits/stages.ts';

test('how near the end is', () => {
  const stages: [number | null, string][] = [
    [null, 'none'],
    [3600, 'none'],
    [600, 'soon'],
    [121, 'soon'],
    [120, 'near'],
    [21, 'near'],
    [20, 'last'],
    [0, 'over'],
    [-9, 'over']
  ];
  for (const [left, stage] of stages) {
    assert.equal(stageOf(left), stage, String(left));
  }
});

test('each warning comes once, and a late tab gets only the one that counts', () => {
  assert.equal(advances('soon', 'none'), true);
  assert.equal(advances('soon', 'soon'), false);
  assert.equal(advances('near', 'none'), true);
  assert.equal(advances('soon', 'near'), false);
});

test('the next look is at the next stage, at the latest after a minute', () => {
  assert.equal(pause(null), 60_000);
  assert.equal(pause(3600), 60_000);
  assert.equal(pause(630), 30_100);
  assert.equal(pause(125), 5_100);
  assert.equal(pause(0.5), 2_000);
  assert.equal(pause(-100), 60_000);
});

test('what is said', () => {
  assert.equal(inWords(540), 'in 9 minutes');
  assert.equal(inWords(100), 'in 2 minutes');
  assert.equal(inWords(40), 'in 40 seconds');
  assert.match(warning(540, 'The month is used up.'), /^This server stops in 9 minutes\. The month is used up\. Files/);
  assert.match(warning(110, null), /^This server stops in 2 minutes\. Open notebooks have been saved\./);
  assert.match(ended('The month is used up.'), /^This server was stopped\. The month is used up\. Your files/);
  assert.match(warning(540, 'They run 1 hour'), /They run 1 hour\. Files/);
});
