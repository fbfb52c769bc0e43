import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import {
  formerGeneration,
  imapGeneration,
  mailKeyOf,
  pop3Generation,
  pop3Id,
} from '../../../shared/domain/mail/key.ts';

const mailbox = { host: 'mail.example.com', username: 'ana', folder: 'INBOX' };
const generation = imapGeneration(mailbox, 7n);

test('the key of a mail is the same for ever', () => {
  assert.equal(
    mailKeyOf('s1' as ServiceId, generation, '42'),
    's1.ece0a08f373160fedd3ea367b1f4836ca4ee4f805363f5215888c1865025c1ef',
  );
});

test('the inbox and the login are the same however they are written', () => {
  assert.equal(imapGeneration({ ...mailbox, username: 'Ana', folder: 'Inbox' }, 7n), generation);
});

test('a port of its own is another server, and the usual ones are all ways to one', () => {
  const at = (port: number) => imapGeneration({ ...mailbox, port }, 7n);
  assert.deepEqual([110, 143, 993, 995].map(at), Array(4).fill(generation));
  assert.equal(new Set([generation, at(1993), at(2993)]).size, 3);
  assert.equal(pop3Generation({ ...mailbox, port: 995 }), pop3Generation(mailbox));
  for (const named of [at(1993), pop3Generation({ ...mailbox, port: 1993 })]) {
    const former = formerGeneration({ ...mailbox, port: 1993 }, named);
    assert.ok([generation, pop3Generation(mailbox)].includes(former ?? ''));
  }
  assert.equal(formerGeneration({ ...mailbox, port: 993 }, generation), undefined);
});

test('another account, folder or UIDVALIDITY never shares a key', () => {
  const others = [
    imapGeneration({ ...mailbox, host: 'mail.example.net' }, 7n),
    imapGeneration({ ...mailbox, username: 'rui' }, 7n),
    imapGeneration({ ...mailbox, folder: 'Suporte' }, 7n),
    imapGeneration({ ...mailbox, folder: 'suporte' }, 7n),
    imapGeneration(mailbox, 8n),
  ];
  const keys = [generation, ...others].map(each => mailKeyOf('s1' as ServiceId, each, '42'));
  assert.equal(new Set(keys).size, keys.length);
});

test('the key of a mail in a maildrop is the same for ever', () => {
  const key = mailKeyOf('s1' as ServiceId, pop3Generation(mailbox), pop3Id('uid-1', 120, 'ab'));
  assert.equal(key, 's1.8f87d5f7bac2e66217b7cb65e6b7b397a380db1ee4690fa03607fadf015ba8d3');
});

test('a mail in a maildrop is told by its UIDL and its headers, by its size only where it has no UIDL', () => {
  const mail = pop3Id('uid-1', 120, 'ab');
  assert.equal(pop3Id('uid-1', 121, 'ab'), mail);
  const others = [pop3Id('uid-2', 120, 'ab'), pop3Id('uid-1', 120, 'cd'), pop3Id(undefined, 120, 'ab')];
  const more = [pop3Id(undefined, 121, 'ab'), pop3Id('120', 120, 'ab')];
  assert.equal(new Set([mail, ...others, ...more]).size, 6);
});
