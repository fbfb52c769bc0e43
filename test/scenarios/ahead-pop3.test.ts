// One batch of a maildrop is told of while the next is downloaded: only a session that has come to the end of both deletes anything.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { startMailProxy } from '../../local/mail/fault-proxy.ts';
import { findFreePorts } from '../../local/mail/free-ports.ts';
import type { MailReceived } from '../../schemas/events.d.ts';
import { batchMail } from '../support/batch-mail.ts';
import { readRecord } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { countRaws, statesOf } from '../support/taken-in.ts';
import { until } from '../support/until.ts';

const [port = 0] = await findFreePorts(1);
const room = await useMailroom({
  environment: { MAIL_EXTRA_PORTS: `${port}`, SLICE_SECONDS: '300', LEASE_SECONDS: '4' },
});
const { dovecot, stack } = room;
const proxy = await startMailProxy({
  protocol: 'pop3',
  port,
  serverPort: dovecot.ports.pop3,
  tls: dovecot.authority,
});
after(() => proxy.close());
afterEach(() => {
  for (const { faults } of [proxy, stack.cosmos, stack.serviceBus]) faults.clear();
});
const received = 'Received: from a by b; 22 Nov 2026 10:00:00 +0000';

type Filled = Awaited<ReturnType<typeof mailboxOf>>;

async function mailboxOf(subjects: string[]) {
  const mailbox = await dovecot.newMailbox();
  const service = await room.register(mailbox, { mailbox: { protocol: 'pop3', port } });
  // The platform is told of the new service before anything is held.
  await room.fetch(service);
  for (const subject of subjects) await mailbox.deliver('INBOX', batchMail(subject, received));
  return { mailbox, service };
}

/** Resolves when the command has been given; it goes on with `until`. */
async function given(command: string, action: 'drop' | 'delay', end = Promise.resolve()) {
  proxy.faults.add({ on: command, action, times: 1, until: end });
  await until(`${command} to be given`, () => proxy.faults.list().every(({ on }) => on !== command));
}

/** Resolves when the first mail is about to be published; its record then waits for `end`. */
async function holdFirstRecord(end: Promise<unknown>): Promise<void> {
  const sent = Promise.withResolvers<void>();
  const { faults } = stack.serviceBus;
  faults.add({ on: 'send mail-events', action: 'delay', times: 1, until: sent.promise });
  await until('the first to be published', () => faults.list().length === 0);
  stack.cosmos.faults.add({ on: 'batch ledger', action: 'delay', until: end });
  sent.resolve();
}

const countMails = async ({ mailbox }: Filled) => (await mailbox.list('INBOX')).length;

/** Fetches until there is nothing left to do, as the ticks would; then all are deleted, and each was told of under one id. */
async function assertAllOnce(all: Filled, subjects: string[]): Promise<void> {
  const { service } = all;
  await until('the maildrop to be worked off', async () => (await room.fetch(service)) === 'idle');
  const events = await room.received(service, 'mail.received', subjects.length);
  const told = new Map(events.map(({ id, data }) => [id, (data as MailReceived).headers.subject]));
  assert.deepEqual([...told.values()].toSorted(), subjects);
  assert.equal(await countMails(all), 0);
  assert.deepEqual(await statesOf(room, service), Array(subjects.length).fill('published'));
  const { inFlight, setAside } = await readRecord(room, service);
  assert.deepEqual([inFlight, setAside], [[], []]);
}

describe('a batch ahead in a maildrop', { skip: dovecot.skip }, () => {
  test('over which the connection breaks keeps the one before from being deleted, and not from being recorded', async () => {
    const all = await mailboxOf(['1', '2', '3']);
    const broken = Promise.withResolvers<void>();
    const recording = holdFirstRecord(broken.promise);
    const cut = given('RETR 2', 'drop');
    const fetched = room.fetch(all.service);
    await Promise.all([recording, cut]);
    broken.resolve();
    assert.equal(await fetched, 'failed');
    assert.deepEqual(await statesOf(room, all.service), ['published']);
    assert.equal(await countMails(all), 3);
    const { suspects, doubtful, disposalTrouble, inFlight } = await readRecord(room, all.service);
    assert.deepEqual([suspects.length, doubtful, disposalTrouble, inFlight], [1, [], null, []]);
    await assertAllOnce(all, ['1', '2', '3']);
  });

  test('is waited for by QUIT, which comes when both are recorded', async () => {
    const all = await mailboxOf(['1', '2']);
    const [downloads, deletes] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const downloading = given('RETR 2', 'delay', downloads.promise);
    const quitting = given('QUIT', 'delay', deletes.promise);
    const fetched = room.fetch(all.service);
    await downloading;
    await until(
      'the first to be recorded',
      async () => (await statesOf(room, all.service))[0] === 'published',
    );
    assert.ok(proxy.faults.list().some(({ on }) => on === 'QUIT'));
    downloads.resolve();
    await quitting;
    assert.deepEqual(await statesOf(room, all.service), ['published', 'published']);
    assert.equal(await countMails(all), 2);
    deletes.resolve();
    assert.equal(await fetched, 'done');
    await assertAllOnce(all, ['1', '2']);
  });

  test('is done again when the worker is killed before the record of the one before', async () => {
    const all = await mailboxOf(['1', '2', '3']);
    const killed = Promise.withResolvers<void>();
    const recording = holdFirstRecord(killed.promise);
    await room.begin(all.service);
    await recording;
    await until('the next batch to be safe', async () => (await countRaws(room, all.service)) === 2);
    await room.received(all.service, 'mail.received', 1);
    assert.deepEqual(await statesOf(room, all.service), ['stored']);
    await room.worker().kill();
    killed.resolve();
    await room.restart();
    assert.equal(await countMails(all), 3);
    await assertAllOnce(all, ['1', '2', '3']);
  });
});
