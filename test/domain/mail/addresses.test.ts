// Who is named in a mail, to be found by.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesOf } from '../../../shared/domain/mail/addresses.ts';
import type { Mail } from '../../../shared/domain/mail/mail.ts';

test('everybody in From, Reply-To, To and Cc, and whom to answer, is named once', () => {
  const at = (...addresses: string[]) => addresses.map(address => ({ name: 'A', address }));
  const headers = {
    from: at('A@x.example', ''),
    replyTo: at('b@x.example'),
    to: at('c@x.example', 'a@X.example'),
    cc: at(' d@x.example'),
  };
  const correspondent = { name: '', address: 'e@x.example', from: 'originalFrom' };
  const named = addressesOf({ headers, correspondent } as unknown as Mail);
  assert.deepEqual(
    named,
    ['a', 'b', 'c', 'd', 'e'].map(name => `${name}@x.example`),
  );
});
