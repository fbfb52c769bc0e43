// One batch is told of while the next is downloaded: whatever ends or breaks in between, nothing is lost, nothing comes twice.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { startMailProxy } from '../../local/mail/fault-proxy.ts';
import { findFreePorts } from '../../local/mail/free-ports.ts';
import type { MailReceived } from '../../schemas/events.d.ts';
import { batchMail } from '../support/batch-mail.ts';
import { changeRecord, readRecord } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { countRaws, statesOf } from '../support/taken-in.ts';
import { until } from '../support/until.ts';

const [port = 0] = await findFreePorts(1);
const room = await useMailroom({
  environment: { MAIL_EXTRA_PORTS: `${port}`, SLICE_SECONDS: '300', LEASE_SECONDS: '4' },
});
const { dovecot, stack } = room;
const proxy = await startMailProxy({ port, serverPort: dovecot.ports.imap, tls: dovecot.authority });
after(() => proxy.close());
afterEach(() => {
  for (const { faults } of [proxy, stack.serviceBus, stack.cosmos, stack.blob]) faults.clear();
});

type Filled = Awaited<ReturnType<typeof mailboxOf>>;

async function mailboxOf(subjects: string[], receivedAt = new Date()) {
  const mailbox = await dovecot.newMailbox('Feito');
  for (const subject of subjects) await mailbox.deliver('INBOX', batchMail(subject), { receivedAt });
  const service = await room.register(mailbox, {
    mailbox: { port, afterRead: { action: 'move', folder: 'Feito' } },
  });
  return { mailbox, service };
}

/** The download of this mail waits, and with it what goes on ahead of the mail before. */
function holdDownload(uid: number) {
  const held = Promise.withResolvers<void>();
  proxy.faults.add({ on: `UID FETCH ${uid} `, action: 'delay', until: held.promise });
  return { letGo: () => held.resolve() };
}

/** Fetches until there is nothing left to do, as the ticks would; then all are moved, and each was told of under one id. */
async function assertAllOnce({ mailbox, service }: Filled, subjects: string[]): Promise<void> {
  await until('the mailbox to be worked off', async () => (await room.fetch(service)) === 'idle');
  const events = await room.received(service, 'mail.received', subjects.length);
  const told = new Map(events.map(({ id, data }) => [id, (data as MailReceived).headers.subject]));
  assert.deepEqual([...told.values()].toSorted(), subjects);
  assert.equal((await mailbox.list('INBOX')).length, 0);
  assert.equal((await mailbox.list('Feito')).length, subjects.length);
  assert.deepEqual(await statesOf(room, service), Array(subjects.length).fill('published'));
}

describe('a batch ahead', { skip: dovecot.skip }, () => {
  test('is recorded by whoever comes after a worker that was killed before the record of the one before', async () => {
    const all = await mailboxOf(['1', '2', '3']);
    const killed = Promise.withResolvers<void>();
    stack.cosmos.faults.add({ on: 'batch ledger', action: 'delay', until: killed.promise });
    await room.begin(all.service);
    await until('the next batch to be safe', async () => (await countRaws(room, all.service)) === 2);
    await room.received(all.service, 'mail.received', 1);
    await room.worker().kill();
    const { inFlight } = await readRecord(room, all.service);
    assert.deepEqual(inFlight, ['1', '2']);
    assert.equal((await all.mailbox.list('INBOX')).length, 3);
    await room.restart();
    stack.cosmos.faults.clear();
    killed.resolve();
    await assertAllOnce(all, ['1', '2', '3']);
    const { suspects, setAside } = await readRecord(room, all.service);
    assert.deepEqual([suspects, setAside], [[], []]);
  });

  test('waits to be compared until the one before is recorded: a twin in both is published once', async () => {
    const { mailbox, service } = await mailboxOf(['same', 'same'], new Date('2026-06-01T10:00:00Z'));
    const held = Promise.withResolvers<void>();
    stack.cosmos.faults.add({ on: 'batch ledger', action: 'delay', until: held.promise });
    const fetched = room.fetch(service);
    await until('both to be safe', async () => (await countRaws(room, service)) === 2);
    held.resolve();
    assert.equal(await fetched, 'done');
    assert.deepEqual(await statesOf(room, service), ['published', 'reappeared']);
    assert.equal((await room.received(service, 'mail.received', 1)).length, 1);
    assert.equal((await mailbox.list('INBOX')).length, 0);
  });

  test('keeps nobody from being recorded while it is downloaded, and takes nobody along when the blobs are away', async () => {
    const all = await mailboxOf(['1', '2']);
    const download = holdDownload(2);
    const fetched = room.fetch(all.service);
    await until('the first to be recorded', async () => (await statesOf(room, all.service)).length === 1);
    stack.blob.faults.add({ on: 'PUT mails/', action: 'refuse' });
    download.letGo();
    assert.equal(await fetched, 'failed');
    assert.equal((await all.mailbox.list('Feito')).length, 1);
    const { json: status } = await room.call('GET', `/api/services/${all.service}/status`);
    assert.equal(status.lastError, null);
    stack.blob.faults.clear();
    await assertAllOnce(all, ['1', '2']);
  });

  test('over which the connection breaks is the one that is suspected, and no disposal has failed', async () => {
    const all = await mailboxOf(['1', '2', '3']);
    proxy.cutAfterBytes(7_000_000);
    assert.equal(await room.fetch(all.service), 'failed');
    assert.deepEqual(await statesOf(room, all.service), ['published']);
    const { suspects, doubtful, disposalTrouble, takenIn } = await readRecord(room, all.service);
    assert.deepEqual(
      [suspects.map(({ id }) => id), doubtful, disposalTrouble, takenIn],
      [['2'], [], null, '1'],
    );
    await assertAllOnce(all, ['1', '2', '3']);
  });

  test('is left to whoever has taken the lease meanwhile', async () => {
    const all = await mailboxOf(['1', '2']);
    const download = holdDownload(2);
    await room.begin(all.service);
    await until('the first to be recorded', async () => (await statesOf(room, all.service)).length === 1);
    await changeRecord(room, all.service, mailbox => {
      assert.ok(mailbox);
      return { ...mailbox, lease: { owner: 'another', expiresAt: '2026-01-01T00:00:00Z' } };
    });
    download.letGo();
    await assertAllOnce(all, ['1', '2']);
  });
});
