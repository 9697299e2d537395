import assert from 'node:assert/strict';
import test from 'node:test';

import { describe, pictureOf } from '../src/share/pictures.ts';

const png = { output_type: 'display_data', data: { 'image/png': 'iVBORw0K\n', 'text/plain': 'x' }, metadata: {} };

test('a picture without words is found, and gets them where the page reads them', () => {
  assert.deepEqual(pictureOf(png), { mime: 'image/png', url: 'data:image/png;base64,iVBORw0K' });
  const described = describe(png, 'image/png', 'A curve that falls');
  assert.deepEqual(described['metadata'], { 'image/png': { alt: 'A curve that falls' } });
  assert.equal(pictureOf(described), null);
  assert.deepEqual(png.metadata, {}, 'what was given stays');
});

test('other metadata of the picture stays', () => {
  const sized = { ...png, metadata: { 'image/png': { width: 10 }, other: 1 } };
  assert.deepEqual(describe(sized, 'image/png', 'x')['metadata'], { 'image/png': { width: 10, alt: 'x' }, other: 1 });
});

for (const [name, output] of Object.entries({
  text: { output_type: 'stream', text: 'x' },
  'a table with a picture beside it': { data: { 'text/html': '<b>', 'image/png': 'x' }, metadata: {} },
  'a described one': { data: { 'image/png': 'x' }, metadata: { 'image/png': { alt_text: 'a' } } }
})) {
  test(`nothing is asked about ${name}`, () => assert.equal(pictureOf(output), null));
}

test('a drawing is shown as one', () => {
  const svg = { data: { 'image/svg+xml': ['<svg>', '</svg>'] }, metadata: {} };
  assert.equal(pictureOf(svg)?.url, 'data:image/svg+xml,%3Csvg%3E%3C%2Fsvg%3E');
});
