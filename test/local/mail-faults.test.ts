// The proxy in front of the mail server, between the genuine client and Dovecot: what each fault looks like from both ends.
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { after, afterEach, test } from 'node:test';
import { connect } from 'node:tls';
import { ImapFlow } from 'imapflow';
import { type MailProxy, startMailProxy } from '../../local/mail/fault-proxy.ts';
import { type TestMailbox, useDovecot } from '../support/dovecot.ts';

const dovecot = await useDovecot();
const { skip } = dovecot;
const proxy = await startMailProxy({ serverPort: dovecot.ports.imap, tls: dovecot.authority });
after(() => proxy.close());
afterEach(() => proxy.faults.clear());

const raw = 'From: ana@example.com\r\nSubject: Hello\r\n\r\nGood morning\r\n';

test('without a fault mails go in and out unchanged', { skip }, async () => {
  const mailbox = await dovecot.newMailbox('Done');
  const large = `Subject: large\r\n\r\na1 UID MOVE 1 Done\r\n${'text\r\n'.repeat(100_000)}`;
  await using session = await login(proxy, mailbox);
  await session.client.append('INBOX', large);
  await session.client.mailboxOpen('INBOX');
  const fetched = await session.client.fetchOne('1', { source: true });
  assert.ok(fetched);
  assert.equal(fetched.source?.toString(), large);
});

test('a refused connection is told to leave, the next one is served', { skip }, async () => {
  proxy.faults.add({ on: 'connect', action: 'refuse', times: 1 });
  const socket = connect({ port: proxy.port, host: '127.0.0.1', ca: dovecot.authority.caPem });
  assert.match(await text(socket), /^\* BYE \[UNAVAILABLE\] [^\n]*\r\n$/);
  await using session = await login(proxy, await dovecot.newMailbox());
  assert.equal(session.client.usable, true);
});

test('a dropped connection ends without a word', { skip }, async () => {
  proxy.faults.add({ on: 'connect', action: 'drop' });
  const socket = connect({ port: proxy.port, host: '127.0.0.1', ca: dovecot.authority.caPem });
  assert.equal(await text(socket), '');
});

test('a refused command fails by itself and the session goes on', { skip }, async () => {
  proxy.faults.add({ on: 'CREATE', action: 'refuse', times: 1 });
  await using session = await login(proxy, await dovecot.newMailbox());
  await assert.rejects(session.client.mailboxCreate('Done'), { serverResponseCode: 'UNAVAILABLE' });
  await session.client.mailboxCreate('Done');
});

test('a throttled command is told that there is a limit', { skip }, async () => {
  proxy.faults.add({ on: 'CREATE', action: 'throttle' });
  await using session = await login(proxy, await dovecot.newMailbox());
  await assert.rejects(session.client.mailboxCreate('Done'), { serverResponseCode: 'LIMIT' });
});

test('a move dropped on its way is not made', { skip }, async () => {
  const mailbox = await dovecot.newMailbox('Done');
  await mailbox.deliver('INBOX', raw);
  proxy.faults.add({ on: 'UID MOVE', action: 'drop' });
  assert.equal(await moveAll(mailbox), 'connection lost');
  assert.equal((await mailbox.list('INBOX')).length, 1);
  assert.equal((await mailbox.list('Done')).length, 0);
});

test('a move dropped after it was made is made, though nobody said so', { skip }, async () => {
  const mailbox = await dovecot.newMailbox('Done');
  await mailbox.deliver('INBOX', raw);
  proxy.faults.add({ on: 'UID MOVE', action: 'dropAfter' });
  assert.equal(await moveAll(mailbox), 'connection lost');
  assert.equal((await mailbox.list('INBOX')).length, 0);
  assert.equal((await mailbox.list('Done')).length, 1);
});

test('a delayed command is carried out late', { skip }, async () => {
  await using session = await login(proxy, await dovecot.newMailbox());
  proxy.faults.add({ on: 'CREATE', action: 'delay', delayMs: 150 });
  const before = performance.now();
  await session.client.mailboxCreate('Done');
  assert.ok(performance.now() - before >= 149);
});

test('a connection can be cut in the middle of a mail', { skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  await mailbox.deliver('INBOX', `Subject: long\r\n\r\n${'text\r\n'.repeat(50_000)}`);
  await using session = await login(proxy, mailbox);
  await session.client.mailboxOpen('INBOX');
  proxy.cutAfterBytes(100_000);
  await assert.rejects(session.client.fetchOne('1', { source: true }), { code: 'NoConnection' });
  await using again = await login(proxy, mailbox);
  await again.client.mailboxOpen('INBOX');
  assert.ok(await again.client.fetchOne('1', { source: true }));
});

test('STARTTLS passes through', { skip }, async () => {
  const plain = await startMailProxy({ serverPort: dovecot.ports.imap });
  const mailbox = await dovecot.newMailbox();
  const session = await login(plain, mailbox, { secure: false, doSTARTTLS: true });
  assert.equal(session.client.secureConnection, true);
  await session.client.logout();
  await plain.close();
});

async function moveAll(mailbox: TestMailbox): Promise<string> {
  await using session = await login(proxy, mailbox);
  await session.client.mailboxOpen('INBOX');
  try {
    await session.client.messageMove('1:*', 'Done', { uid: true });
    return session.client.usable ? 'done' : 'connection lost';
  } catch {
    return 'connection lost';
  }
}

async function login({ port }: MailProxy, { user, password }: TestMailbox, options = {}) {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: true,
    tls: { ca: dovecot.authority.caPem },
    auth: { user, pass: password },
    logger: false,
    ...options,
  });
  client.on('error', () => {});
  await client.connect();
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}
