import assert from 'node:assert/strict';
import test from 'node:test';

import { absolute, snippets } from '../src/links.ts';

const ORIGIN = 'https://hub.example.org';

const ADDRESSES: [known: string, seen: string][] = [
  ['/services/mlabs/@ada/mnist', 'https://hub.example.org/services/mlabs/@ada/mnist'],
  ['http://127.0.0.1:8081/services/mlabs/@ada/x?a=b#c', 'https://hub.example.org/services/mlabs/@ada/x?a=b#c'],
  ['//evil.example/x', 'https://hub.example.org/x']
];

for (const [known, seen] of ADDRESSES) {
  test(`${known} is seen as ${seen}`, () => assert.equal(absolute(known, ORIGIN), seen));
}

for (const inside of ['http://127.0.0.1:8081/services/mlabs', '/services/mlabs']) {
  test(`snippets of ${inside} name the public host`, () => {
    const texts = snippets(
      {
        url: `${inside}/@ada/mnist`,
        embed_url: `${inside}/embed/@ada/mnist`,
        html: `<iframe src="${inside}/embed/@ada/mnist"></iframe>`,
        markdown: `[![Open in MLabs](${inside}/badge.svg)](${inside}/@ada/mnist)`,
        rst: `.. image:: ${inside}/badge.svg\n   :target: ${inside}/@ada/mnist`
      },
      ORIGIN
    );
    const outside = 'https://hub.example.org/services/mlabs';
    assert.equal(texts.badge, `${outside}/badge.svg`);
    assert.equal(texts.markdown, `[![Open in MLabs](${outside}/badge.svg)](${outside}/@ada/mnist)`);
    assert.equal(texts.rst, `.. image:: ${outside}/badge.svg\n   :target: ${outside}/@ada/mnist`);
    assert.match(texts.html, /^<a href="https:\/\/hub\.example\.org\/services\/mlabs\/@ada\/mnist"><img /);
  });
}
