// A disk that something else has filled: large mails wait for room, the others come in, and no mail is blamed or published without
// what was attached to it.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, afterEach, describe, test } from 'node:test';
import { startMailProxy } from '../../local/mail/fault-proxy.ts';
import { findFreePorts } from '../../local/mail/free-ports.ts';
import type { MailReceived } from '../../schemas/events.d.ts';
import { readRecord } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { sha256 } from '../support/mixed-mails.ts';
import { servePop3 } from '../support/pop3-server.ts';
import { mountSmallFileSystem, unmountAtEnd } from '../support/small-file-system.ts';
import { until } from '../support/until.ts';

/** The app takes 36 MB of them, of which a large mail has 18. */
const disk = mountSmallFileSystem(48);
const [port = 0, pop3Port = 0] = await findFreePorts(2);
const room = await useMailroom({
  environment: {
    ...(disk.skip ? {} : { TMPDIR: disk.dir }),
    MAIL_EXTRA_PORTS: `${port},${pop3Port}`,
    MAIL_ALLOW_PLAINTEXT: 'true',
  },
});
unmountAtEnd(disk);
const { dovecot, stack } = room;
const proxy = await startMailProxy({ port, serverPort: dovecot.ports.imap, tls: dovecot.authority });
after(() => proxy.close());
afterEach(async () => {
  for (const { faults } of [proxy, stack.blob]) faults.clear();
  await disk.empty();
});

const large = (() => {
  const head =
    'From: a@example.net\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: application/zip; name=large.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  const line = `${Buffer.alloc(57, 'large').toString('base64')}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(line.repeat(120_000))]);
})();
const small = (subject: string) =>
  Buffer.from(`Received: a; 22 Nov 2026 10:00:00 +0000\r\nSubject: ${subject}\r\n\r\nText\r\n`);

const received = (service: string) =>
  room
    .events(service)
    .filter(({ type }) => type === 'mail.received')
    .map(({ data }) => data as MailReceived);
const factsOf = (service: string, event: string) =>
  room.worker().facts.filter(fact => fact.serviceId === service && fact.event === event);

/** What holds while the disk is full: the others are there, the large mail waits, and nobody is blamed. */
async function assertWaits(service: string, others: number): Promise<void> {
  assert.ok(factsOf(service, 'disk-full').length > 0);
  const { json: status } = await room.call('GET', `/api/services/${service}/status`);
  assert.deepEqual(
    [status.state, status.lastError, status.counts.published, status.counts.setAside],
    ['healthy', null, others, 0],
  );
  const { setAside, suspects, inFlight } = await readRecord(room, service);
  assert.deepEqual([setAside, suspects.filter(({ deaths }) => deaths > 0), inFlight], [[], [], []]);
  assert.deepEqual(await disk.list(), []);
}

/** What holds when there is room again. */
async function assertComesIn(service: string, mails: number): Promise<void> {
  await room.fetchUntil(service, 'idle');
  await room.received(service, 'mail.received', mails);
  const [mail, ...more] = received(service).filter(({ headers }) => headers.subject === 'large');
  assert.deepEqual([mail?.raw.sha256, more], [sha256(large), []]);
  assert.deepEqual([mail?.parse.defects, mail?.attachments.length], [[], 1]);
  assert.deepEqual(await disk.list(), []);
}

describe('a disk that is full', { skip: dovecot.skip || disk.skip }, () => {
  for (const protocol of ['imap', 'pop3'] as const) {
    test(`before a large mail is asked for over ${protocol}: it waits, visit after visit, and the others come in`, async () => {
      const mailbox = await dovecot.newMailbox();
      for (const raw of [small('1'), large, small('2')]) await mailbox.deliver('INBOX', raw);
      const server = { protocol, port: protocol === 'imap' ? port : dovecot.ports.pop3s };
      const service = await room.register(mailbox, { mailbox: server });
      await disk.fill(10_000_000);
      for (let visit = 0; visit < 4; visit++) await room.fetch(service);
      await assertWaits(service, 2);
      assert.equal((await mailbox.list('INBOX')).length, 1);
      await disk.empty();
      await assertComesIn(service, 3);
      assert.equal((await mailbox.list('INBOX')).length, 0);
    });
  }

  test('in the middle of a large mail: the session goes on, and it comes again', async () => {
    const mailbox = await dovecot.newMailbox();
    for (const raw of [large, small('1')]) await mailbox.deliver('INBOX', raw);
    const service = await room.register(mailbox, { mailbox: { port } });
    const held = Promise.withResolvers<void>();
    proxy.faults.add({
      on: 'UID FETCH 1 (UID RFC822.SIZE BODY.PEEK[]<5242880',
      action: 'delay',
      until: held.promise,
    });
    const fetched = room.fetch(service);
    await until('the mail to be on its way', async () => (await disk.list()).length > 0);
    await disk.fill(1_000_000);
    held.resolve();
    assert.equal(await fetched, 'done');
    await assertWaits(service, 1);
    await disk.empty();
    await assertComesIn(service, 2);
  });

  test('in the middle of a large mail over POP3: the session is given up without blame, and the next one goes on', async () => {
    const rest = Promise.withResolvers<void>();
    const text = large.toString('latin1');
    const answerRetr = (socket: Socket) => {
      socket.write(`+OK\r\n${text.slice(0, 3_000_000)}`);
      void rest.promise.then(() => socket.write(`${text.slice(3_000_000)}\r\n.\r\n`));
    };
    const mails = [large, small('1')].map((raw, n) => ({ raw, uidl: `u${n}` }));
    const answers = { 'RETR 1': answerRetr };
    await servePop3({ port: pop3Port, mails, answers });
    const service = await room.register(await dovecot.newMailbox(), {
      mailbox: { protocol: 'pop3', port: pop3Port, tls: 'none' },
    });
    const fetched = room.fetch(service);
    await until('the mail to be on its way', async () => (await disk.list()).length > 0);
    await disk.fill(1_000_000);
    rest.resolve();
    assert.equal(await fetched, 'failed');
    assert.match(String(factsOf(service, 'slice-failed')[0]?.message), /disk of the app is full/);
    assert.equal(await room.fetch(service), 'done');
    await assertWaits(service, 1);
    await disk.empty();
    await assertComesIn(service, 2);
  });

  test('while what is attached is spooled: the mail is not published without it', async () => {
    const mailbox = await dovecot.newMailbox();
    for (const raw of [large, small('1')]) await mailbox.deliver('INBOX', raw);
    const service = await room.register(mailbox);
    const held = Promise.withResolvers<void>();
    stack.blob.faults.add({ on: 'PUT mails/', action: 'delay', until: held.promise });
    const fetched = room.fetch(service);
    await until('the raw to be on the disk', async () => {
      const sizes = await disk.sizes();
      return sizes.some(size => size >= large.length);
    });
    await disk.fill(1_000_000);
    held.resolve();
    assert.equal(await fetched, 'done');
    await assertWaits(service, 1);
    await disk.empty();
    await assertComesIn(service, 2);
  });

  test('by what a worker left that was killed: the next one removes it, and takes the mail in', async () => {
    const mailbox = await dovecot.newMailbox();
    await mailbox.deliver('INBOX', large);
    const service = await room.register(mailbox);
    const killed = Promise.withResolvers<void>();
    stack.blob.faults.add({ on: 'PUT mails/', action: 'delay', until: killed.promise });
    await room.begin(service);
    await until('the raw to be on the disk', async () =>
      (await disk.sizes()).some(size => size >= large.length),
    );
    await room.worker().kill();
    assert.equal((await disk.list()).length, 1);
    await room.restart();
    await room.call('GET', `/api/services/${service}`);
    assert.deepEqual(await disk.list(), []);
    stack.blob.faults.clear();
    killed.resolve();
    await assertComesIn(service, 1);
  });
});
