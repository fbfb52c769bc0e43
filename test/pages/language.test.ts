// The language of a page, from what a browser says it likes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageFor } from '../../shared/pages/language.ts';

for (const [asked, usual, got] of [
  ['pt-BR,pt;q=0.9,en;q=0.8', 'en', 'pt-BR'],
  ['pt-PT', 'en', 'pt-BR'],
  ['pt', 'en', 'pt-BR'],
  ['es-419,es;q=0.9,en;q=0.5', 'pt-BR', 'es'],
  ['en;q=0.2, es;q=0.7', 'pt-BR', 'es'],
  ['en;q=0, es;q=0.1', 'pt-BR', 'es'],
  ['fr-FR,fr;q=0.9', 'es', 'es'],
  ['fr,*;q=0.1', 'es', 'es'],
  ['*', 'es', 'es'],
  [null, 'pt-BR', 'pt-BR'],
  ['', 'en', 'en'],
  ['nonsense;;q==,,', 'en', 'en'],
  [`${'x,'.repeat(10_000)}es`, 'en', 'en'],
] as const) {
  test(`${asked?.slice(0, 30)} where ${usual} is usual: ${got}`, () => {
    assert.equal(languageFor(asked, usual), got);
  });
}
