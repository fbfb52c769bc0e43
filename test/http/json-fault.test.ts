// The place where a text stops being JSON.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonFaultAt } from '../../shared/http/json-fault.ts';

// In each text, ^ stands before the first token that cannot be there.
for (const text of [
  '^',
  '^x',
  '{"a": ^x}',
  '{"a": 1,^}',
  '{"a": 1 ^"b": 2}',
  '{^a: 1}',
  '{^"a" 1}',
  '{"a": 1^',
  '[1, 2,^]',
  '[1 ^2]',
  '[^',
  '{"a": [1, {"b": ^undefined}]}',
  '{"a": 1}^}',
  '{"a": 1} ^2',
  '{"a": ^"tab\tinside"}',
  '{"a": ^"unterminated}',
  '{"a": ^"wrong \\x escape"}',
  '{"a": 0^1}',
  '{"a": ^-}',
  '{"a": 1^.}',
  '{\n  "a": 1,\n  "b": ^nil\n}',
  '{"é\u0080": ^\'x\'}',
  "{^'a': 1}",
  '[^// no comments\n1]',
]) {
  test(JSON.stringify(text), () => {
    const [before = ''] = text.split('^');
    const sent = text.replace('^', '');
    assert.throws(() => JSON.parse(sent));
    const lines = before.split('\n');
    assert.deepEqual(jsonFaultAt(sent), { line: lines.length, column: (lines.at(-1) ?? '').length + 1 });
  });
}

test('a large text is looked through without eating the stack', () => {
  const deep = '['.repeat(100_000);
  assert.equal(jsonFaultAt(deep).column, 100_001);
  assert.equal(jsonFaultAt(`["${'x'.repeat(250_000)}" 1]`).column, 250_005);
});
