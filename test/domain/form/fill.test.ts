// A form filled in: each source, each type in each language, and nothing where the mail has nothing that fits.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FormInput, fillForm } from '../../../shared/domain/form/fill.ts';
import { type Form, readForm } from '../../../shared/domain/form/form.ts';

const input: FormInput = {
  subject: 'Troca do pedido 4711, urgente',
  from: [{ name: 'Ana Souza', address: 'ana@example.com' }],
  to: [{ address: 'sac@example.com' }, { address: 'vendas@example.com' }],
  receivedAt: '2026-04-12T01:30:00.000Z',
  text: 'Valor: 1.234,56\nData: 12/04/2026\n> CPF 111.222.333-44',
  newText: 'Valor: 1.234,56\nData: 12/04/2026',
};
const form = (field: object, language = 'pt-BR'): Form =>
  readForm('f', {
    name: 'F',
    language,
    fields: [{ id: 'x', label: 'X', type: 'text', source: 'subject', ...field }],
  } as never);
const valueIn = (field: object, language?: string, changed: Partial<FormInput> = {}) =>
  fillForm(form(field, language), { ...input, ...changed }, 'America/Sao_Paulo').fields[0]?.value;
/** The value of a text that a mail has as its subject. */
const read = (type: string, subject: string, language?: string) =>
  valueIn({ type, ...(type === 'choice' ? { choices: ['Troca', 'Devolução'] } : {}) }, language, { subject });

describe('a field', () => {
  test('takes what its source says', () => {
    for (const [source, value] of [
      ['subject', input.subject],
      ['fromName', 'Ana Souza'],
      ['fromAddress', 'ana@example.com'],
      ['to', 'sac@example.com, vendas@example.com'],
      ['receivedAt', input.receivedAt],
      ['newText', input.newText],
      [{ constant: 'E-mail' }, 'E-mail'],
      [{ pattern: 'pedido (\\d+)', in: 'subject' }, '4711'],
      [{ pattern: '(?i)PEDIDO \\d+', in: 'subject' }, 'pedido 4711'],
      [{ pattern: 'CPF ([\\d.-]+)' }, '111.222.333-44'],
    ] as const)
      assert.equal(valueIn({ source }), value, JSON.stringify(source));
  });

  test('is about the first sender who has an address, as the ledger is; without one about who has a name', () => {
    const nobody = { name: 'Loja', address: '' };
    const ana = { name: 'Ana', address: 'ana@example.com' };
    const of = (source: string, from: FormInput['from']) => valueIn({ source }, undefined, { from });
    assert.deepEqual(
      [of('fromName', [nobody, ana]), of('fromAddress', [nobody, ana])],
      ['Ana', 'ana@example.com'],
    );
    assert.deepEqual([of('fromName', [nobody]), of('fromAddress', [nobody])], ['Loja', undefined]);
    assert.deepEqual([of('fromName', []), of('fromAddress', [])], [undefined, undefined]);
  });

  test('without anything that fits is missing, by its id', () => {
    const filled = fillForm(form({ source: { pattern: 'nota (\\d+)' } }), input, 'UTC');
    assert.deepEqual(filled, { formId: 'f', formName: 'F', fields: [], missing: ['x'] });
  });

  test('of more than 500 characters is cut, which is said, and never within a character', () => {
    const [field] = fillForm(form({}), { ...input, subject: `${'x'.repeat(499)}📮 e mais` }, 'UTC').fields;
    assert.deepEqual([String(field?.value).length, field?.truncated], [500, true]);
    assert.ok(String(field?.value).isWellFormed());
  });

  test('of the date of reception is the date where the company is', () => {
    assert.equal(valueIn({ type: 'date', source: 'receivedAt' }), '2026-04-11');
  });
});

describe('a number', () => {
  for (const [language, text, value] of [
    ['pt-BR', '1.234,56', 1234.56],
    ['pt-BR', '1.234', 1234],
    ['pt-BR', '1234.56', 1234.56],
    ['pt-BR', '-12,5', -12.5],
    ['pt-BR', '1,234.56', undefined],
    ['pt-BR', '12.34.56', undefined],
    ['pt-BR', '1.23,4', undefined],
    ['es', '1.234.567', 1_234_567],
    ['en', '1,234.56', 1234.56],
    ['en', '1.234,56', undefined],
    ['en', '1,23', undefined],
    ['en', '1234567890123456', undefined],
    ['en', '12 pieces', undefined],
    ['en', '', undefined],
  ] as const)
    test(`in ${language} "${text}" is ${value}`, () => assert.equal(read('number', text, language), value));
});

describe('a date', () => {
  for (const [language, text, value] of [
    ['pt-BR', '12/04/2026', '2026-04-12'],
    ['es', '1-4-2026', '2026-04-01'],
    ['en', '4/12/2026', '2026-04-12'],
    ['en', '12/31/2026', '2026-12-31'],
    ['pt-BR', '12/31/2026', undefined],
    ['pt-BR', '2026-04-12', '2026-04-12'],
    ['pt-BR', '2026-04-12T10:00:00Z', '2026-04-12'],
    ['pt-BR', '30/02/2026', undefined],
    ['pt-BR', '12/04/26', undefined],
    ['pt-BR', 'amanhã', undefined],
  ] as const)
    test(`in ${language} "${text}" is ${value}`, () => assert.equal(read('date', text, language), value));
});

test('yes and no are read in each language, and nothing else', () => {
  const values = ['Sim', 'não', 'NAO', 'yes', 'sí', 'N', 'talvez'].map(text => read('yesNo', text));
  assert.deepEqual(values, [true, false, false, true, true, false, undefined]);
});

test('a choice is the one that people mean, as the form writes it', () => {
  const values = ['troca', ' DEVOLUCAO ', 'troca de peça'].map(text => read('choice', text));
  assert.deepEqual(values, ['Troca', 'Devolução', undefined]);
});
