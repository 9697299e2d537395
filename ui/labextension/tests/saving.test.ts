import assert from 'node:assert/strict';
import test from 'node:test';

import { saveInTurn } from '../src/saving.ts';

/** A document whose saves end when the test says so. */
class Document {
  readonly begun: { end: () => void; fail: () => void }[] = [];

  save(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.begun.push({ end: resolve, fail: () => reject(new Error('no place')) });
    });
  }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

test('a save begins when the one before has ended, well or not', async () => {
  const document = new Document();
  saveInTurn(document);
  saveInTurn(document);
  const [first, second, third] = [document.save(), document.save(), document.save()];
  await turn();
  assert.equal(document.begun.length, 1);
  document.begun[0]?.fail();
  await assert.rejects(first, /no place/);
  await turn();
  assert.equal(document.begun.length, 2);
  document.begun[1]?.end();
  await second;
  await turn();
  assert.equal(document.begun.length, 3);
  document.begun[2]?.end();
  await third;
});
