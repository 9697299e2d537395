import assert from 'node:assert/strict';
import test from 'node:test';

import { KnownUploads } from '../src/data/known.ts';
import { nextSize, passes, sendFile, type Source, Stopped } from '../src/data/sender.ts';
import { loadsModel, mainFile, readsFile } from '../src/data/snippets.ts';
import type { FoundData, NotebookDataset, Preview, PreviewTable } from '../src/data/wire.ts';
import { facts, nothing, percent, size, stateText, titleOf } from '../src/data/wording.ts';

const TABLE: PreviewTable = {
  encoding: 'utf-8',
  separator: ',',
  header: true,
  rows: 2,
  exact: true,
  columns: [],
  head: []
};

const seen = (kind: Preview['kind'], table: Partial<PreviewTable> | null = null): Preview => ({
  path: '',
  kind,
  problems: [],
  table: table === null ? null : { ...TABLE, ...table },
  text: null
});

test('what reads a file fits the file', () => {
  const place = 'data/ada/birds';
  const cases: [string, Preview | null, RegExp][] = [
    ['birds.csv', null, /pd\.read_csv\("data\/ada\/birds\/birds\.csv"\)\ntable\.head\(\)$/],
    ['a.csv', seen('table', { separator: ';', encoding: 'cp1252' }), /a\.csv", sep=";", encoding="cp1252"\)/],
    ['a.csv', seen('table', { header: false }), /a\.csv", header=None\)/],
    ['a.tsv', null, /read_csv\("data\/ada\/birds\/a\.tsv", sep="\\t"\)/],
    ['a.parquet', null, /pd\.read_parquet\(/],
    ['a.jsonl', null, /lines=True/],
    ['in/a.json', null, /json\.load\(file\)/],
    ['a.npy', null, /np\.load\(/],
    ['cats/1.png', null, /Path\("data\/ada\/birds"\)\.rglob\("\*\.png"\)/],
    ['notes', seen('text'), /open\("data\/ada\/birds\/notes"\) as file:\n {4}text = file\.read\(\)/],
    ['blob.bin', seen('other'), /"rb"/],
    ['say "hi".csv', null, /"data\/ada\/birds\/say \\"hi\\"\.csv"/]
  ];
  for (const [path, preview, wanted] of cases) {
    assert.match(readsFile(place, path, preview), wanted, path);
  }
});

test('the main file is a table where there is one', () => {
  const file = (path: string) => ({ path, size: 1, type: '' });
  assert.equal(mainFile([file('README.md'), file('1.png'), file('x.csv')])?.path, 'x.csv');
  assert.equal(mainFile([file('README.md'), file('1.png')])?.path, '1.png');
  assert.equal(mainFile([file('README.md')])?.path, 'README.md');
  assert.equal(mainFile([]), null);
});

const FOUND: FoundData = {
  kind: 'dataset',
  reference: 'library/penguins',
  owner: 'library',
  title: 'Penguins',
  description: '',
  version: 1,
  visibility: 'public',
  url: '',
  size: 13478,
  files: 1,
  license: 'CC0-1.0',
  format: null,
  runs: null
};

test('facts of results', () => {
  assert.equal(facts(FOUND), 'library/penguins · 13.5 kB · 1 file · CC0-1.0 · version 1');
  const own: FoundData = { ...FOUND, license: null, visibility: 'private', files: 2 };
  assert.equal(facts(own), 'library/penguins · 13.5 kB · 2 files · no license · version 1 · private');
  const lab: FoundData = { ...FOUND, kind: 'lab', size: null, files: null, runs: 3 };
  assert.equal(facts(lab), 'library/penguins · 3 runs');
  assert.match(loadsModel({ ...FOUND, kind: 'model' }), /"models\/library\/penguins\/1\/model\.json"/);
});

test('sizes and parts', () => {
  assert.deepEqual([0, 1, 999, 1000, 13478, 2.1e9].map(size), [
    '0 bytes', '1 byte', '999 bytes', '1.0 kB', '13.5 kB', '2.1 GB'
  ]);
  assert.deepEqual([percent(0, 0), percent(999, 1000), percent(5, 5)], ['100 %', '99 %', '100 %']);
});

test('states say what to do', () => {
  const item = { state: 'coming', done: 5e6, size: 1e7, message: null } as NotebookDataset;
  assert.equal(stateText(item), 'Fetching: 50 % of 10.0 MB');
  assert.equal(stateText({ ...item, state: 'ready' }), '');
  assert.equal(stateText({ ...item, state: 'lost', message: 'Gone.' }), 'Gone.');
  assert.match(nothing('dataset', 'mine', ''), /Drop files onto the Data panel/);
  assert.match(nothing('model', 'all', 'cat'), /Try fewer or others/);
});

test('a title for what is uploaded', () => {
  assert.equal(titleOf(['birds.tar.gz']), 'birds');
  assert.equal(titleOf(['birds/a.csv', 'birds/in/b.csv']), 'birds');
  assert.equal(titleOf(['a.csv', 'b.csv']), '');
  assert.equal(titleOf(['.hidden']), '.hidden');
});

class Memory {
  readonly kept = new Map<string, string>();
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.kept.set(key, value);
}

const fails = (status: number): Error => Object.assign(new Error(`${status}`), { status });

/** A service that keeps bytes, and a list of what goes wrong, call by call. */
class Service {
  readonly uploads = new Map<string, number>();
  begun = 0;
  sizes: number[] = [];
  private readonly faults: (Error | null)[];

  constructor(faults: (Error | null)[] = []) {
    this.faults = faults;
  }

  private fault(): void {
    const fault = this.faults.shift() ?? null;
    if (fault !== null) {
      throw fault;
    }
  }

  begin = async (): Promise<{ id: string }> => {
    this.fault();
    const id = `upload-${++this.begun}`;
    this.uploads.set(id, 0);
    return { id };
  };

  progress = async (id: string): Promise<{ offset: number }> => {
    this.fault();
    const offset = this.uploads.get(id);
    if (offset === undefined) {
      throw fails(404);
    }
    return { offset };
  };

  send = async (id: string, offset: number, piece: Blob): Promise<{ offset: number }> => {
    this.fault();
    if (!this.uploads.has(id)) {
      throw fails(404);
    }
    assert.equal(offset, this.uploads.get(id));
    this.uploads.set(id, offset + piece.size);
    this.sizes.push(piece.size);
    return { offset: offset + piece.size };
  };
}

function file(bytes: number): Source {
  const blob = new Blob([new Uint8Array(bytes)]);
  return { path: 'a.bin', size: bytes, modified: 7, slice: (from, to) => blob.slice(from, to) };
}

function sending(service: Service, known = new KnownUploads(new Memory(), 'ada')) {
  const stop = new AbortController();
  const seen: number[] = [];
  const broken: boolean[] = [];
  const to = {
    transport: service,
    known,
    stopped: stop.signal,
    shown: (bytes: number) => void seen.push(bytes),
    broken: (is: boolean) => void broken.push(is),
    wait: async () => undefined,
    now: () => 0
  };
  return { to, stop, seen, broken, known };
}

test('a file goes in growing pieces', async () => {
  const service = new Service();
  const { to, seen } = sending(service);
  await sendFile(file(5_000_000), to);
  assert.deepEqual(service.sizes, [1048576, 2097152, 1854272]);
  assert.deepEqual(seen, [0, 1048576, 3145728, 5000000]);
});

test('a broken connection costs a piece, and its end is told', async () => {
  const service = new Service([null, null, fails(0), fails(503), null]);
  const { to, broken } = sending(service);
  const id = await sendFile(file(3_000_000), to);
  assert.equal(service.uploads.get(id), 3_000_000);
  assert.ok(broken.includes(true));
  assert.equal(broken.at(-1), false);
});

test('what is full or refused is not tried again', async () => {
  for (const status of [413, 507, 403]) {
    const { to } = sending(new Service([null, fails(status)]));
    await assert.rejects(sendFile(file(10), to), { status });
  }
  assert.deepEqual([0, 423, 429, 500, 502, 507, 404].map(status => passes(fails(status))), [
    true, true, true, true, true, false, false
  ]);
});

test('a stop keeps what is there, and the next try goes on from it', async () => {
  const service = new Service();
  const first = sending(service);
  const inner = service.send;
  service.send = async (id, offset, piece) => {
    first.stop.abort();
    return inner(id, offset, piece);
  };
  await assert.rejects(sendFile(file(3_000_000), first.to), Stopped);
  service.send = inner;
  const again = sending(service, first.known);
  const id = await sendFile(file(3_000_000), again.to);
  assert.equal(service.begun, 1);
  assert.equal(again.seen[0], 1048576);
  assert.equal(service.uploads.get(id), 3_000_000);
});

test('an upload that was given up begins anew', async () => {
  const service = new Service();
  const known = new KnownUploads(new Memory(), 'ada');
  known.remember(file(10), 'old');
  await sendFile(file(10), sending(service, known).to);
  assert.deepEqual(known.list().map(each => each.id), ['upload-1']);
});

test('what a browser keeps may be anything', () => {
  const memory = new Memory();
  memory.setItem('mlabs:uploads:ada', 'nonsense');
  const known = new KnownUploads(memory, 'ada');
  assert.deepEqual(known.list(), []);
  known.remember(file(10), 'x');
  assert.equal(known.id(file(10)), 'x');
  assert.equal(known.id(file(11)), undefined);
  known.forget('x');
  assert.deepEqual(known.list(), []);
});

test('pieces grow while they are quick, and shrink where they are slow', () => {
  assert.equal(nextSize(1000, 0.1), 2000);
  assert.equal(nextSize(8 << 20, 0.1), 8 << 20);
  assert.equal(nextSize(1 << 20, 3), 1 << 20);
  assert.equal(nextSize(1 << 20, 30), 1 << 19);
});
