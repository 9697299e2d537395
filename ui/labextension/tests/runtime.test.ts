import assert from 'node:assert/strict';
import test from 'node:test';

import { asChoice, frameworks, planWords, runtimeLabel, same } from '../src/runtime/wording.ts';
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
  assert.equal(
    runtimeLabel({ environment: 'pytorch', accelerator: 'community' }, [pytorch]),
    'PyTorch · Community machine'
  );
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

test('what a plan leaves', () => {
  const allowance = {
    plan: 'free',
    cpu_hours_left: 6.57,
    gpu_hours_left: 0,
    community_hours_left: 3,
    period_end: '2026-12-01T00:00:00Z',
    withheld: ['gpu']
  };
  assert.deepEqual(planWords(null, 'none'), []);
  const [hours, withheld] = planWords(allowance, 'none');
  assert.match(hours ?? '', /^Your plan “free” has 6\.5 hours left this month, which begins anew on .*1/);
  assert.equal(withheld, 'GPU: not in your plan “free”. Ask an administrator.');
  assert.deepEqual(planWords({ ...allowance, cpu_hours_left: null, withheld: [] }, 'none'), []);
  assert.match(planWords({ ...allowance, period_end: null }, 'gpu')[0] ?? '', /0 GPU hours left this month\.$/);
  assert.match(planWords(allowance, 'community')[0] ?? '', / has 3 hours on community machines left this month/);
});
