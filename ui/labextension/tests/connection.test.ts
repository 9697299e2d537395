import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';

import { isOutput, kernelOf, kernelUrl, readText } from '../src/connection/frames.ts';
import { TIMING } from '../src/connection/heartbeat.ts';
import { Ledger } from '../src/connection/ledger.ts';
import { Connections } from '../src/connection/model.ts';
import { LastingSocket } from '../src/connection/socket.ts';
import { back } from '../src/connection/wording.ts';

const URL_ = 'wss://hub.example/user/ada/api/kernels/k1/channels?session_id=s1';

/** A websocket that does what the test says. */
class Real extends EventTarget {
  binaryType = '';
  protocol = 'v1';
  readyState = 0;
  bufferedAmount = 0;
  sent: unknown[] = [];
  readonly url: string;
  constructor(url: string) {
    super();
    this.url = url;
  }
  send(message: unknown): void {
    this.sent.push(message);
  }
  close(): void {
    this.readyState = 3;
  }
  opens(): this {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
    return this;
  }
  says(data: unknown): this {
    this.dispatchEvent(new MessageEvent('message', { data }));
    return this;
  }
  greets(line: string, resumed: boolean, got = 0, missed = 0): this {
    return this.says(JSON.stringify({ mlabs: 'hello', line, resumed, got, from: 1, missed }));
  }
  breaks(code = 1006): void {
    this.readyState = 3;
    this.dispatchEvent(new CloseEvent('close', { code }));
  }
}

class Stage {
  reals: Real[] = [];
  told: unknown[] = [];
  heard: unknown[] = [];
  closed: number[] = [];
  time = 0;
  there: boolean | null = true;
  ledger = new Ledger();
  socket: LastingSocket;

  constructor() {
    this.socket = this.make();
  }

  make(): LastingSocket {
    const reports = {
      lost: () => this.told.push('lost'),
      back: (_: string, outputs: number) => this.told.push(outputs),
      over: (_: string, missed: boolean) => this.told.push(missed ? 'over' : 'closed')
    };
    const socket = new LastingSocket({ url: URL_, protocols: ['v1'], kernel: 'k1' }, this.ledger, reports, {
      open: url => {
        this.reals.push(new Real(url));
        return this.real as unknown as WebSocket;
      },
      there: () => Promise.resolve(this.there),
      now: () => this.time
    });
    socket.onmessage = ({ data }) => this.heard.push(typeof data === 'string' ? data : new TextDecoder().decode(data as ArrayBuffer));
    socket.onclose = ({ code }) => this.closed.push(code);
    return socket;
  }

  get real(): Real {
    return this.reals.at(-1) as Real;
  }

  query(name: string): string | null {
    return new URL(this.real.url).searchParams.get(name);
  }
}

function bytes(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer as ArrayBuffer;
}

function v1(channel: string, type: string): ArrayBuffer {
  const parts = [channel, JSON.stringify({ msg_type: type }), '{}', '{}', '{}'].map(part => bytes(part));
  const offsets = parts.reduce((all, part) => [...all, (all.at(-1) as number) + part.byteLength], [56]);
  const message = new Uint8Array(offsets.at(-1) as number);
  const view = new DataView(message.buffer);
  [offsets.length, ...offsets].forEach((value, index) => view.setBigUint64(8 * index, BigInt(value), true));
  parts.forEach((part, index) => message.set(new Uint8Array(part), offsets[index]));
  return message.buffer;
}

/** What JupyterLab would read of what was sent. */
function sent(real: Real): unknown[] {
  return real.sent.filter(message => typeof message !== 'string' || !message.startsWith('{"mlabs"'));
}

test('a lost connection goes on where it was, in both directions', t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const stage = new Stage();
  assert.equal(stage.query('mlabs_line'), '');
  stage.real.opens().greets('L', false);
  stage.socket.send('a');
  stage.real.says(bytes('1')).says(bytes('2'));
  stage.real.breaks();
  stage.socket.send('b');
  t.mock.timers.tick(1);
  assert.deepEqual(
    [stage.query('mlabs_line'), stage.query('mlabs_received'), stage.query('mlabs_again')],
    ['L', '2', '1']
  );
  stage.real.opens().greets('L', true, 0, 2);
  assert.deepEqual(sent(stage.real), ['a', 'b'], 'the server had neither');
  stage.real.says(v1('iopub', 'stream')).says(v1('shell', 'execute_reply'));
  assert.deepEqual(stage.told, ['lost', 1]);
  assert.equal(stage.heard.length, 4);
  assert.deepEqual(stage.closed, [], 'JupyterLab has noticed nothing');
});

test('silence is noticed, and life is not', t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const stage = new Stage();
  stage.real.opens().greets('L', false);
  const pass = (milliseconds: number): void => {
    stage.time += milliseconds;
    t.mock.timers.tick(milliseconds);
  };
  pass(TIMING.ping);
  assert.deepEqual(stage.real.sent, ['{"mlabs":"ping","received":0}']);
  stage.real.says('{"mlabs":"pong","got":0}');
  for (let n = 0; n < 10; n += 1) {
    pass(TIMING.ping);
    stage.real.says(bytes('output'));
  }
  assert.deepEqual(stage.told, []);
  pass(TIMING.ping);
  pass(TIMING.silence);
  assert.deepEqual(stage.told, ['lost']);
  pass(0);
  assert.equal(stage.reals.length, 2);
  stage.reals[0]?.says(bytes('late'));
  assert.ok(!stage.heard.includes('late'), 'it comes again on the other one');
  pass(10_000);
  pass(1_000);
  assert.equal(stage.reals.length, 3, 'a try that nobody answers is given up');
  stage.real.opens().greets('L', true);
  assert.deepEqual(stage.told, ['lost', 0]);
});

test('much is confirmed before the next ping', () => {
  const stage = new Stage();
  stage.real.opens().greets('L', false);
  for (let n = 0; n < 500; n += 1) {
    stage.real.says(bytes('x'));
  }
  assert.deepEqual(stage.real.sent, ['{"mlabs":"ack","received":500}']);
  stage.real.says(new ArrayBuffer(1_000_000));
  assert.deepEqual(stage.real.sent.at(-1), '{"mlabs":"ack","received":501}');
  stage.socket.close();
});

test('what was sent before the first hello was sent once', () => {
  const stage = new Stage();
  stage.real.opens();
  stage.socket.send('a');
  stage.real.greets('L', false);
  assert.deepEqual(sent(stage.real), ['a']);
  stage.socket.close();
});

test('a server that keeps no line is as ever', () => {
  const stage = new Stage();
  stage.real.opens();
  stage.socket.send('a');
  stage.real.says(bytes('1')).says('{"mlabs":"pong","got":7}');
  stage.socket.send('b');
  assert.deepEqual(stage.real.sent, ['a', 'b']);
  stage.real.breaks();
  assert.deepEqual(stage.closed, [1006]);
  assert.deepEqual(stage.told, []);
});

test('a kernel that is gone is told to JupyterLab', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const stage = new Stage();
  stage.real.opens().greets('L', false);
  stage.real.breaks();
  stage.there = null;
  for (let n = 0; n < 9; n += 1) {
    t.mock.timers.tick(10_000);
    stage.real.breaks();
    await Promise.resolve();
    await Promise.resolve();
  }
  assert.deepEqual(stage.told, ['lost'], 'a network that is away may come back');
  stage.there = false;
  t.mock.timers.tick(10_000);
  stage.real.breaks();
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(stage.told, ['lost', 'over']);
  assert.deepEqual(stage.closed, [1006]);
});

test('a line that was forgotten is told to JupyterLab', t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const stage = new Stage();
  stage.real.opens().greets('L', false);
  stage.real.says(bytes('1'));
  stage.real.breaks();
  t.mock.timers.tick(1);
  stage.real.opens().greets('M', false);
  assert.deepEqual(stage.told, ['lost', 'over']);
  assert.deepEqual(stage.closed, [1006]);
  stage.make();
  assert.deepEqual([stage.query('mlabs_line'), stage.query('mlabs_received')], ['', '0']);
});

test('JupyterLab connects anew, and nothing is lost either', () => {
  const stage = new Stage();
  stage.real.opens().greets('L', false);
  stage.socket.send('a');
  stage.real.says(bytes('1'));
  stage.socket.close();
  const other = stage.make();
  assert.deepEqual([stage.query('mlabs_line'), stage.query('mlabs_again')], ['L', null]);
  stage.real.opens();
  other.send('b');
  assert.deepEqual(stage.real.sent, [], 'what the server lacks comes first');
  stage.real.greets('L', true, 1, 0);
  assert.deepEqual(sent(stage.real), ['b']);
  other.close();
});

test('addresses and messages', () => {
  assert.equal(kernelOf(URL_), 'k1');
  assert.equal(kernelOf('wss://hub.example/user/ada/terminals/websocket/1'), null);
  assert.equal(kernelUrl(URL_), 'https://hub.example/user/ada/api/kernels/k1');
  assert.equal(
    kernelUrl('ws://localhost:8888/api/kernels/k/channels?session_id=s&token=a%2Bb'),
    'http://localhost:8888/api/kernels/k?token=a%2Bb'
  );
  for (const odd of ['', 'null', '3', '{"mlabs":3}', '{}']) {
    assert.equal(readText(odd), null);
  }
  assert.equal(isOutput(v1('iopub', 'display_data')), true);
  assert.equal(isOutput(v1('iopub', 'status')), false);
  assert.equal(isOutput(v1('shell', 'stream')), false);
  assert.equal(isOutput(new ArrayBuffer(3)), false);
});

test('of a server that has ended no connection is said to be lost', t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const connections = new Connections();
  connections.lost('k1');
  t.mock.timers.tick(1_600);
  assert.equal(connections.of('k1')?.kind, 'away');
  connections.serverEnded(true);
  connections.lost('k2');
  t.mock.timers.tick(1_600);
  assert.deepEqual([connections.of('k1'), connections.of('k2')], [null, null]);
  connections.over('k2', true);
  assert.equal(connections.of('k2')?.kind, 'over', 'what is not to be had is said all the same');
  connections.serverEnded(false);
  connections.lost('k1');
  t.mock.timers.tick(1_600);
  assert.equal(connections.of('k1')?.kind, 'away');
});

test('a short interruption is not worth a word, a long one is', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const connections = new Connections();
  connections.lost('k');
  t.mock.timers.tick(1_000);
  connections.back('k', 3);
  t.mock.timers.tick(5_000);
  assert.equal(connections.of('k'), null);
  connections.lost('k');
  t.mock.timers.tick(2_000);
  assert.match(connections.of('k')?.text ?? '', /^Connection lost .+\. What runs goes on/);
  assert.equal(connections.of('other'), null);
  connections.back('k', 312);
  assert.deepEqual(connections.of('k'), { kind: 'back', text: 'Back. 312 outputs caught up.' });
  t.mock.timers.tick(60_000);
  assert.equal(connections.of('k'), null);
  connections.over('k', true);
  assert.equal(connections.of('k')?.kind, 'over');
  assert.equal(back(1), 'Back. One output caught up.');
});
