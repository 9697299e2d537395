import assert from 'node:assert/strict';
import test from 'node:test';

import { advice, ApiError, asApiError, errorFrom } from '../src/errors.ts';

test('the one error shape is read', () => {
  const told = { status: 429, code: 'too_many', message: 'Slow down.', detail: { retry_after: 3.2 } };
  const error = errorFrom(429, { error: told });
  assert.equal(error.message, 'Slow down.');
  assert.equal(error.code, 'too_many');
  assert.equal(advice(error), 'Try again in 4 seconds.');
});

for (const body of [null, 'text', [], { error: 'no' }, { error: { message: 3 } }]) {
  test(`an answer of another shape is an error all the same: ${JSON.stringify(body)}`, () => {
    assert.equal(errorFrom(502, body).message, 'The server answered with status 502.');
    assert.equal(errorFrom(404, body).code, 'extension_missing');
  });
}

test('other failures keep their message', () => {
  assert.equal(asApiError(new TypeError('x is not a function')).message, 'x is not a function');
  const known = new ApiError(507, 'full', 'No space left.');
  assert.equal(asApiError(known), known);
  assert.match(advice(known), /space/);
});
