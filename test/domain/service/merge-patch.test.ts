// JSON Merge Patch: the examples of RFC 7396 appendix A whose patch is an object, and what must not harm.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyMergePatch, type JsonObject } from '../../../shared/domain/merge-patch.ts';

for (const [document, patch, expected] of [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
] as [JsonObject, JsonObject, JsonObject][]) {
  test(`${JSON.stringify(document)} with ${JSON.stringify(patch)}`, () => {
    const before = structuredClone(document);
    assert.deepEqual(applyMergePatch(document, patch), expected);
    assert.deepEqual(document, before);
  });
}

test('a member called __proto__ is a member like any other', () => {
  const merged = applyMergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}'));
  assert.deepEqual(Object.keys(merged), ['__proto__']);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test('a patch nested beyond reason does not eat the stack', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as JsonObject;
  assert.ok('a' in applyMergePatch({}, deep));
});
