import assert from 'node:assert/strict';
import test from 'node:test';

import { asChoice, frameworks, runtimeLabel, same } from '../src/runtime/wording.ts';
import type { Environment } from '../src/wire.ts';

const pytorch: Environment = {
  name: 'pytorch',
  title: 'PyTorch',
  description: '',
  frameworks: { torch: '2.13.0', numpy: '2.4.1' },
  accelerators: ['none', 'gpu'],
  available: true,
  reason: null
};

test('names of runtimes', () => {
  assert.equal(runtimeLabel({ environment: 'pytorch', accelerator: 'gpu' }, [pytorch]), 'PyTorch · GPU');
  assert.equal(runtimeLabel({ environment: 'pytorch', accelerator: 'none' }, [pytorch]), 'PyTorch');
  assert.equal(runtimeLabel({ environment: 'own', accelerator: 'none' }, [pytorch]), 'own');
  assert.equal(frameworks(pytorch), 'torch 2.13.0, numpy 2.4.1');
});

test('a kernel may show anything', () => {
  const choice = { environment: 'pytorch', accelerator: 'gpu' };
  assert.deepEqual(asChoice({ ...choice, image: 'evil' }), choice);
  for (const odd of [undefined, null, 'pytorch', 3, [], {}, { environment: 3, accelerator: 'gpu' }]) {
    assert.equal(asChoice(odd), null);
  }
  assert.equal(same(choice, { ...choice }), true);
  assert.equal(same(choice, { ...choice, accelerator: 'none' }), false);
});
