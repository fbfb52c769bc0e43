// The private Dovecot: what a mail program sees of it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { startDovecot } from '../../local/mail/dovecot.ts';
import { openMailbox } from '../../local/mail/mailbox.ts';
import { createAuthority } from '../../local/tls.ts';
import { type TestDovecot, useDovecot } from '../support/dovecot.ts';

const dovecot = await useDovecot();
const { skip } = dovecot;
const poor = await useDovecot({ withoutCapabilities: ['MOVE', 'UIDPLUS'] });

const root = await mkdtemp(join(tmpdir(), 'malote-dovecot-'));
after(() => rm(root, { recursive: true }));

const greeting = 'From: ana@example.com\r\nSubject: Hello\r\n\r\nGood morning\r\n';
const loopback = { host: '127.0.0.1', logger: false } as const;

test('a delivered mail is fetched with its bytes, its date and its flags', { skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  const receivedAt = new Date('2024-02-29T23:59:58Z');
  await mailbox.deliver('INBOX', greeting, { receivedAt, flags: ['\\Flagged'] });
  const [mail] = await mailbox.list('INBOX');
  assert.equal(mail?.raw.toString(), greeting);
  assert.deepEqual(mail?.receivedAt, receivedAt);
  assert.ok(mail?.flags.includes('\\Flagged'));
});

for (const [what, body] of [
  ['bytes that are no UTF-8', 'caf\xe9 \xff\xfe\r\n'],
  ['lines that begin with a dot', '.\r\n..\r\n.end\r\n'],
  ['a bare CR', 'one\rtwo\r\r\n'],
  ['no line end at its end', 'no end'],
  ['a very long line', `${'x'.repeat(100_000)}\r\n`],
] as const) {
  test(`a mail with ${what} comes back to the byte`, { skip }, async () => {
    const mailbox = await dovecot.newMailbox();
    const raw = Buffer.from(`Subject: odd\r\n\r\n${body}`, 'latin1');
    await mailbox.deliver('INBOX', raw);
    const [mail] = await mailbox.list('INBOX');
    assert.equal(mail?.raw.toString('latin1'), raw.toString('latin1'));
  });
}

test('looking at a folder marks nothing as read', { skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  await mailbox.deliver('INBOX', greeting);
  await mailbox.list('INBOX');
  const [mail] = await mailbox.list('INBOX');
  assert.ok(!mail?.flags.includes('\\Seen'));
});

test('a folder is listed as it is now, with what others took out of it', { skip }, async () => {
  const mailbox = await dovecot.newMailbox('Done');
  await mailbox.deliver('INBOX', greeting);
  await mailbox.deliver('INBOX', greeting);
  assert.equal((await mailbox.list('INBOX')).length, 2);
  await using other = await login(dovecot, mailbox);
  await other.client.mailboxOpen('INBOX');
  await other.client.messageMove('1', 'Done');
  assert.equal((await mailbox.list('INBOX')).length, 1);
  assert.equal((await mailbox.list('Done')).length, 1);
});

test('a wrong password is refused at once, however often', { skip }, async () => {
  const { user } = await dovecot.newMailbox();
  const wrong = { port: dovecot.ports.imaps, ca: dovecot.authority.caPem, user, password: 'wrong' };
  const before = performance.now();
  for (let time = 0; time < 8; time++) {
    await assert.rejects(openMailbox(wrong), {
      authenticationFailed: true,
      serverResponseCode: 'AUTHENTICATIONFAILED',
    });
  }
  // Dovecot would wait 2 s each, and up to 15 s for who failed before: 16 s at the least, on any machine.
  assert.ok(performance.now() - before < 16_000, 'no penalty is waited for');
});

test('a user refused a moment ago can log in once added', { skip }, async () => {
  const account = {
    port: dovecot.ports.imaps,
    ca: dovecot.authority.caPem,
    user: 'Late@malote.test',
    password: 'p:ä"\\ {x}',
  };
  await assert.rejects(openMailbox(account), { authenticationFailed: true });
  await dovecot.addUser(account.user, account.password);
  const mailbox = await openMailbox(account);
  await mailbox.close();
});

test('IMAP without TLS answers on its own port, and offers STARTTLS', { skip }, async () => {
  const { user, password } = await dovecot.newMailbox();
  const client = new ImapFlow({
    ...loopback,
    port: dovecot.ports.imap,
    secure: false,
    doSTARTTLS: true,
    tls: { ca: dovecot.authority.caPem },
    auth: { user, pass: password },
  });
  await client.connect();
  assert.equal(client.secureConnection, true);
  await client.logout();
});

test('POP3 answers on its own port', { skip }, async () => {
  const socket = connect(dovecot.ports.pop3, '127.0.0.1');
  const [line] = await once(socket, 'data');
  assert.match(line.toString(), /^\+OK /);
  socket.destroy();
});

test('a server can be without MOVE and UIDPLUS', { skip }, async () => {
  await using plain = await login(poor, await poor.newMailbox());
  assert.equal(plain.client.capabilities.has('MOVE'), false);
  assert.equal(plain.client.capabilities.has('UIDPLUS'), false);
  assert.equal(plain.client.capabilities.has('IDLE'), true);
  await using full = await login(dovecot, await dovecot.newMailbox());
  assert.equal(full.client.capabilities.has('MOVE'), true);
  assert.equal(full.client.capabilities.has('UIDPLUS'), true);
});

test('mails and users are still there after a restart, below a path too long for a socket', {
  skip,
}, async () => {
  const dir = join(root, 'deep'.repeat(20), 'deeper'.repeat(20));
  const tls = await createAuthority(join(root, 'tls'));
  const account = { ca: tls.caPem, user: 'ana', password: 'secret' };
  const first = await startDovecot({ dir, tls });
  await first.addUser(account.user, account.password);
  const before = await openMailbox({ port: first.ports.imaps, ...account });
  await before.deliver('INBOX', greeting);
  await before.close();
  await first.close();

  const second = await startDovecot({ dir, tls });
  const afterwards = await openMailbox({ port: second.ports.imaps, ...account });
  assert.equal((await afterwards.list('INBOX')).length, 1);
  await afterwards.close();
  await second.close();
});

test('a port that is taken is said', { skip }, async () => {
  await using squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  const tls = await createAuthority(join(root, 'tls'));
  await assert.rejects(startDovecot({ dir: join(root, 'taken'), tls, ports: { imap: port } }), {
    code: 'EADDRINUSE',
    port,
    message: `Port ${port} is taken`,
  });
});

async function login(server: TestDovecot, { user, password }: { user: string; password: string }) {
  const client = new ImapFlow({
    ...loopback,
    port: server.ports.imaps,
    secure: true,
    tls: { ca: server.authority.caPem },
    auth: { user, pass: password },
  });
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.logout() };
}
