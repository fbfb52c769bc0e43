// What the codes mean, as far as no other test would notice.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorTraits, isMailboxTrouble, MaloteError, traitsOf } from '../shared/errors.ts';

const codes = Object.keys(errorTraits) as (keyof typeof errorTraits)[];
const operations = ['operations', 'mailboxes']
  .map(page => readFileSync(`${import.meta.dirname}/../docs/${page}.md`, 'utf8'))
  .join();

for (const code of codes.filter(code => isMailboxTrouble(new MaloteError(code, '')))) {
  test(`${code} is explained to operators`, () => {
    assert.ok(operations.includes(`\`${code}\``));
  });
}

test('what a caller or we ourselves did wrong counts against no mailbox, whatever was thrown', () => {
  for (const code of codes.filter(code => ['caller', 'ours', 'mail'].includes(traitsOf(code).fault))) {
    assert.equal(isMailboxTrouble(new MaloteError(code, '')), false, code);
  }
  assert.equal(isMailboxTrouble(Object.assign(new Error(), { code: 'login_refused' })), false);
});
