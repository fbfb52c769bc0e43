// What a form may be, and the fault of each that may not, with its cure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readForm } from '../../../shared/domain/form/form.ts';
import type { JsonObject } from '../../../shared/domain/merge-patch.ts';
import { MaloteError } from '../../../shared/errors.ts';

const order = {
  id: 'pedido',
  label: 'Pedido',
  type: 'number',
  source: { pattern: 'pedido (\\d+)', in: 'subject' },
};
const valid = { name: 'Pedido', language: 'pt-BR', fields: [order] };

test('a form is read as it is written', () => {
  const { id, ...read } = readForm('pedido', valid);
  assert.deepEqual([id, read], ['pedido', valid]);
  const choice = { id: 'c', label: 'C', type: 'choice', choices: ['A', 'B'], source: 'subject' };
  assert.deepEqual(readForm('f', { ...valid, fields: [choice] }).fields, [choice]);
});

const withField = (change: object) => ({ fields: [{ ...order, ...change }] });

for (const [what, change, field, says] of [
  ['no fields', { fields: [] }, 'fields', /give 1 to 50 fields/],
  [
    'too many fields',
    { fields: Array.from({ length: 51 }, (_, n) => ({ ...order, id: `f${n}` })) },
    'fields',
    /more than 50/,
  ],
  ['an id twice', { fields: [order, order] }, 'fields[1].id', /is the id of another field/],
  ['a type that there is not', withField({ type: 'money' }), 'fields[0].type', /must be "text", "number"/],
  [
    'choices of a text',
    withField({ type: 'text', choices: ['a', 'b'] }),
    'fields[0].choices',
    /belongs to a field of type "choice"/,
  ],
  ['a choice without choices', withField({ type: 'choice' }), 'fields[0].choices', /give 2 to 100 choices/],
  [
    'choices that people take for one',
    withField({ type: 'choice', choices: ['Não', 'nao '] }),
    'fields[0].choices',
    /the same choice twice/,
  ],
  [
    'a source that there is not',
    withField({ source: 'cc' }),
    'fields[0].source',
    /must be "subject", .*"pattern"/,
  ],
  [
    'a pattern with a fault',
    withField({ source: { pattern: '(a', in: 'text' } }),
    'fields[0].source.pattern',
    /is not a pattern of RE2: missing closing/,
  ],
  [
    'a pattern that looks back',
    withField({ source: { pattern: '(?<=a)b' } }),
    'fields[0].source.pattern',
    /is not a pattern of RE2/,
  ],
  [
    'a pattern that is too long',
    withField({ source: { pattern: 'a'.repeat(201) } }),
    'fields[0].source.pattern',
    /longer than 200/,
  ],
  ['a language that there is not', { language: 'fr' }, 'language', /"pt-BR", "en" or "es"/],
] as const) {
  test(`${what} is refused with the field and the cure`, () => {
    assert.throws(
      () => readForm('f', { ...valid, ...change } as unknown as JsonObject),
      (error: unknown) => {
        assert.ok(error instanceof MaloteError);
        assert.deepEqual(
          error.fields?.map(each => each.field),
          [field],
        );
        assert.match(error.message, says);
        return true;
      },
    );
  });
}
