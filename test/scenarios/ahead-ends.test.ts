// A slice that ends, or a lease that is lost, while a batch is ahead: none is begun after it, and what it had is given back.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { startMailProxy } from '../../local/mail/fault-proxy.ts';
import { findFreePorts } from '../../local/mail/free-ports.ts';
import type { MailReceived } from '../../schemas/events.d.ts';
import { type Clients, closeClients, getClients } from '../../shared/clients.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { fetchMailbox } from '../../shared/flows/intake/fetch-mailbox.ts';
import { createLog } from '../../shared/log.ts';
import { batchMail } from '../support/batch-mail.ts';
import { changeRecord, readRecord } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { countRaws, statesOf } from '../support/taken-in.ts';
import { until } from '../support/until.ts';

const [port = 0] = await findFreePorts(1);
const room = await useMailroom({
  environment: { MAIL_EXTRA_PORTS: `${port}`, SLICE_SECONDS: '60', LEASE_SECONDS: '4' },
});
const { dovecot, stack } = room;
const proxy = await startMailProxy({ port, serverPort: dovecot.ports.imap, tls: dovecot.authority });
after(() => proxy.close());
after(closeClients);
afterEach(() => {
  for (const { faults } of [proxy, stack.serviceBus]) faults.clear();
});

const subjects = ['1', '2', '3', '4'];
/** A fetch in this process, in which one can see what it holds, that has begun to download the second mail ahead of the first. */
async function beginAhead(prepare = () => {}) {
  const mailbox = await dovecot.newMailbox();
  const service = await room.register(mailbox, { mailbox: { port } });
  await room.fetch(service);
  for (const subject of subjects) await mailbox.deliver('INBOX', batchMail(subject));
  Object.assign(process.env, room.environment);
  prepare();
  const clients = await getClients();
  const held = Promise.withResolvers<void>();
  proxy.faults.add({ on: 'UID FETCH 2 ', action: 'delay', until: held.promise, times: 1 });
  let aheadMs = 0;
  const fetched = fetchMailbox(
    clients,
    { serviceId: service as ServiceId, reason: 'now' },
    { log: createLog(() => {}), clock: () => new Date(Date.now() + aheadMs) },
  );
  await until('the second to be asked for', () => proxy.faults.list().length === 0);
  return {
    mailbox,
    service,
    clients,
    fetched,
    letGo: () => held.resolve(),
    endSlice: () => {
      aheadMs = 61_000;
    },
  };
}

/** All of it can be had at once. */
function assertRoomGivenBack({ memory }: Clients): void {
  const all = memory.tryTake(Number.MAX_SAFE_INTEGER);
  assert.ok(all?.isAll);
  all.giveBack();
}

async function assertAllOnce({ mailbox, service }: Awaited<ReturnType<typeof beginAhead>>): Promise<void> {
  await until('the mailbox to be worked off', async () => (await room.fetch(service)) === 'idle');
  const events = await room.received(service, 'mail.received', subjects.length);
  const told = new Map(events.map(({ id, data }) => [id, (data as MailReceived).headers.subject]));
  assert.deepEqual([...told.values()].toSorted(), subjects);
  assert.equal((await mailbox.list('INBOX')).length, 0);
  assert.deepEqual(await statesOf(room, service), Array(subjects.length).fill('published'));
  const { inFlight, setAside } = await readRecord(room, service);
  assert.deepEqual([inFlight, setAside], [[], []]);
}

describe('with a batch ahead', { skip: dovecot.skip }, () => {
  test('the slice ends: that one is brought to its end, and none is begun', async () => {
    const all = await beginAhead();
    const released = Promise.withResolvers<void>();
    // The record can be read as the slice leaves it: the next one is asked for after that.
    stack.serviceBus.faults.add({ on: 'send fetch-mailbox', action: 'delay', until: released.promise });
    all.endSlice();
    all.letGo();
    await until(
      'the lease to be given back',
      async () => (await readRecord(room, all.service)).lease === null,
    );
    assert.deepEqual(await statesOf(room, all.service), ['published', 'published']);
    assert.equal(await countRaws(room, all.service), 2);
    const { inFlight, suspects } = await readRecord(room, all.service);
    assert.deepEqual([inFlight, suspects], [[], []]);
    assertRoomGivenBack(all.clients);
    released.resolve();
    assert.equal(await all.fetched, 'continued');
    await assertAllOnce(all);
  });

  test('the slice ends and the batch before it fails: its mails come again, and nothing is kept of it', async () => {
    const all = await beginAhead(() =>
      stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' }),
    );
    all.endSlice();
    all.letGo();
    assert.equal(await all.fetched, 'failed');
    const { inFlight, suspects, lease, waiting } = await readRecord(room, all.service);
    assert.deepEqual([inFlight, suspects, lease, waiting], [[], [], null, 3]);
    assert.equal(await countRaws(room, all.service), 2);
    assertRoomGivenBack(all.clients);
    stack.serviceBus.faults.clear();
    await assertAllOnce(all);
  });

  test('the lease is lost: whoever has it does all, and nothing is kept here', async () => {
    const all = await beginAhead();
    await until('the first to be recorded', async () => (await statesOf(room, all.service)).length === 1);
    await changeRecord(room, all.service, mailbox => {
      assert.ok(mailbox);
      return { ...mailbox, lease: { owner: 'another', expiresAt: '2026-01-01T00:00:00Z' } };
    });
    all.letGo();
    assert.equal(await all.fetched, 'failed');
    assert.deepEqual(await statesOf(room, all.service), ['published']);
    assert.equal(await countRaws(room, all.service), 2);
    assertRoomGivenBack(all.clients);
    await assertAllOnce(all);
  });
});
