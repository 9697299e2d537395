import assert from 'node:assert/strict';
import test from 'node:test';

import { bytes, cores, KEPT, points, Series } from '../src/resources/series.ts';
import type { ResourcesNow } from '../src/resources/wire.ts';

function look(time: number, cpu: number, more: Partial<ResourcesNow> = {}): ResourcesNow {
  return {
    time,
    server: { memory: 600_000_000, cpu_seconds: 10 + cpu, processes: 4 },
    kernel: { memory: 400_000_000, cpu_seconds: cpu, processes: 1 },
    memory_limit: 2_000_000_000,
    memory_limited: true,
    cpu_limit: 2,
    cpu_limited: false,
    disk: { used: 30e9, total: 100e9 },
    gpus: [],
    ...more
  };
}

test('sizes', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1_500, '1.5 kB'],
    [999_999, '1.0 MB'],
    [123_456_789, '123 MB'],
    [4e9, '4.0 GB'],
    [5e15, '5000 TB']
  ];
  for (const [count, text] of cases) {
    assert.equal(bytes(count), text);
  }
});

test('cores in use come of two looks', () => {
  const use = (cpu: number) => ({ memory: 0, cpu_seconds: cpu, processes: 1 });
  assert.equal(cores(use(7), use(4), 2), 1.5);
  assert.equal(cores(use(7), null, 2), null);
  assert.equal(cores(use(1), use(4), 2), null, 'another process');
  assert.equal(cores(use(7), use(4), 0), null);
});

test('rows of a look, with limits', () => {
  const series = new Series();
  series.add(look(0, 0));
  const rows = series.add(look(2, 1));
  assert.deepEqual(
    rows.map(({ name, value, limit }) => [name, value, limit]),
    [
      ['Kernel memory', '400 MB', 'of 2.0 GB'],
      ['Server memory', '600 MB', 'of 2.0 GB'],
      ['Kernel CPU', '0.50', 'of 2 cores of the machine'],
      ['Server CPU', '0.50', 'of 2 cores of the machine'],
      ['Disk', '30.0 GB', 'of 100 GB']
    ]
  );
  assert.deepEqual(rows[0]?.past, [0.2, 0.2]);
  assert.deepEqual(rows[2]?.past, [null, 0.25]);
  series.forget();
  assert.deepEqual(series.add(look(4, 1, { kernel: null }))[0]?.name, 'Server memory');
});

test('accelerators, and what one does not tell', () => {
  const one = { name: 'NVIDIA H100', utilization: 40, memory: 8e9, memory_total: 80e9 };
  const odd = { name: 'Odd', utilization: null, memory: null, memory_total: null };
  const named = (gpus: ResourcesNow['gpus']) =>
    new Series()
      .add(look(0, 0, { gpus }))
      .filter(({ name }) => name.startsWith('GPU'))
      .map(({ name, value, limit }) => [name, value, limit]);
  assert.deepEqual(named([one]), [
    ['GPU', '40 %', 'NVIDIA H100'],
    ['GPU memory', '8.0 GB', 'of 80.0 GB']
  ]);
  assert.deepEqual(named([one, odd]).at(-1), ['GPU 2', 'not told', 'Odd']);
});

test('plots', () => {
  assert.deepEqual(points([]), []);
  assert.deepEqual(points([0.5]), [], 'one point is no line');
  assert.deepEqual(points([0, 1]), ['98.3,23.0 100.0,1.0']);
  assert.equal(points([0, 1, null, 0, 1]).length, 2);
  const series = new Series();
  for (let n = 0; n < KEPT + 5; n += 1) {
    series.add(look(n, n));
  }
  assert.equal(series.add(look(99, 99))[0]?.past.length, KEPT);
});
