// Which documents claim the same mailbox.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { claimsOf, loginKey } from '../../../shared/domain/service/claims.ts';

const account = { protocol: 'imap', host: 'Mail.example.com', username: 'Ana' };
const moving = { afterRead: { action: 'move', folder: 'Feito' } };
const claimed = (mailbox: Record<string, string | number | object>) =>
  claimsOf({ mailbox: { ...account, ...moving, ...mailbox } } as Parameters<typeof claimsOf>[0]);

describe('a mailbox', () => {
  test('is the same on every usual port, and over another protocol', () => {
    const keys = [
      {},
      { port: 993 },
      { port: 143 },
      { protocol: 'pop3', port: 995 },
      { host: 'mail.example.com.' },
    ];
    assert.equal(new Set(keys.map(change => claimed(change).loginKey)).size, 1);
  });

  test('is another one on a port of its own', () => {
    const keys = [{}, { port: 1993 }, { port: 2993 }].map(change => claimed(change));
    assert.equal(new Set(keys.map(each => each.loginKey)).size, 3);
    assert.equal(new Set(keys.map(each => each.destinationKey)).size, 3);
  });

  test('of Microsoft is the same on any port', () => {
    const host = 'outlook.office365.com';
    assert.equal(claimed({ host, port: 1993 }).loginKey, claimed({ host }).loginKey);
    assert.equal(claimed({ host, port: 1993 }).former.loginKey, undefined);
  });

  test('is also looked for under the key from before ports counted, where that is another one', () => {
    const { former, loginKey: now } = claimed({ port: 1993 });
    assert.equal(former.loginKey, claimed({}).loginKey);
    assert.equal(former.destinationKey, claimed({}).destinationKey);
    assert.equal(now, loginKey({ host: 'mail.example.com', port: 1993, username: 'ana', folder: 'INBOX' }));
    assert.deepEqual(claimed({ port: 993 }).former, {
      nameKey: undefined,
      loginKey: undefined,
      destinationKey: undefined,
    });
  });
});
