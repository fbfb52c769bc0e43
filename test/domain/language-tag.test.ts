// Languages as platforms name them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLanguageTag, languageOfTag } from '../../shared/domain/language-tag.ts';

test('a tag means our language of whatever region, script or spelling', () => {
  const tags = {
    pt: 'pt-BR',
    'pt-PT': 'pt-BR',
    pt_BR: 'pt-BR',
    'EN-us': 'en',
    'en-Latn-GB': 'en',
    'es-419': 'es',
    spa: 'es',
    fr: undefined,
    'zh-Hant': undefined,
  };
  for (const [tag, language] of Object.entries(tags)) {
    assert.ok(isLanguageTag(tag), tag);
    assert.equal(languageOfTag(tag), language, tag);
  }
});

test('what is none has no language', () => {
  for (const text of ['', 'p', 'português', 'pt BR', 'pt--BR', 'en;q=1', '*']) {
    assert.ok(!isLanguageTag(text), text);
    assert.equal(languageOfTag(text), undefined);
  }
});
