// Texts become ids at the edge, or are refused there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServiceId, readMailKey, readServiceId, serviceOf } from '../../shared/domain/ids.ts';

const hash = '0a'.repeat(32);

test('a service is read from the key of a mail', () => {
  assert.equal(serviceOf(readMailKey(`s-1.${hash}`)), 's-1');
});

for (const text of [
  '',
  'S1',
  'a b',
  'a/b',
  'a\\b',
  'a?b',
  'a#b',
  '../x',
  'a.b',
  'a'.repeat(41),
  'a\0',
  undefined,
]) {
  test(`no service has the id ${JSON.stringify(text)}`, () => {
    assert.equal(parseServiceId(text), undefined);
    assert.throws(() => readServiceId(text), {
      code: 'not_found',
      message: /^There is no service/,
    });
  });
}

for (const text of [
  '',
  's1',
  `s1.${hash}0`,
  `s1.${hash.toUpperCase()}`,
  `S1.${hash}`,
  `s1.${hash}/raw`,
  undefined,
]) {
  test(`no mail has the key ${JSON.stringify(text)}`, () => {
    assert.throws(() => readMailKey(text), { code: 'not_found', message: /^There is no mail/ });
  });
}

test('what is no text is no id', () => {
  for (const value of [7, {}, null, ['sac']]) assert.equal(parseServiceId(value), undefined);
});
