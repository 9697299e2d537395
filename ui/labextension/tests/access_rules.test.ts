import assert from 'node:assert/strict';
import test from 'node:test';

import * as rules from '../src/share/access_rules.ts';
import type { Share } from '../src/share/wire.ts';

function share(fields: Partial<Share>): Share {
  const absent = { id: null, expires: null, via: null };
  return { kind: 'user', name: 'bob', access: 'view', created: '2026-01-02T12:00:00Z', ...absent, ...fields };
}

const SHARES = [
  share({ access: 'edit' }),
  share({ kind: 'group', name: 'course 1' }),
  share({ kind: 'link', name: 'carol', id: 'L1' })
];

const NAMES: [typed: string, kind: rules.Named, problem: RegExp][] = [
  ['carol', 'user', /^$/],
  [' @carol ', 'user', /^$/],
  ['bob', 'group', /^$/],
  ['course 2', 'group', /^$/],
  ['', 'user', /user name/],
  ['@', 'group', /name of a group/],
  ['@ada', 'user', /yours: you have access already/],
  ['ada', 'group', /^$/],
  ['bob', 'user', /^bob has access already, to edit/],
  ['course 1', 'group', /^The group course 1 has access already, to read/],
  ['bob, carol', 'user', /one person at a time/],
  ['n'.repeat(256), 'user', /255 characters/]
];

for (const [typed, kind, problem] of NAMES) {
  test(`${kind} “${typed.slice(0, 20)}”`, () => assert.match(rules.nameProblem(typed, kind, 'ada', SHARES), problem));
}

test('who came by a link is told apart', () => {
  assert.equal(rules.viaOf(share({ via: 'L1' }), SHARES), 'by the link carol');
  assert.equal(rules.viaOf(share({ via: 'L2' }), SHARES), 'by the link without a name');
  assert.equal(rules.viaOf(share({}), SHARES), '');
});

test('what a link gives is said with its end', () => {
  const now = new Date('2026-02-01T00:00:00Z');
  assert.doesNotMatch(rules.linkFacts(share({ kind: 'link' }), now), /end/);
  assert.match(rules.linkFacts(share({ expires: '2026-03-01T12:00:00Z' }), now), /^to read, made .*, ends .*2026$/);
  assert.match(rules.linkFacts(share({ expires: '2026-01-20T12:00:00Z', access: 'edit' }), now), /^to edit.*, ended /);
  assert.match(rules.linkName(share({ name: '' })), /^The link made .*2026$/);
});

test('days end at a moment, and nothing never', () => {
  const now = new Date('2026-02-01T00:00:00Z');
  assert.equal(rules.endOf('7', now), '2026-02-08T00:00:00.000Z');
  assert.equal(rules.endOf('', now), null);
});
