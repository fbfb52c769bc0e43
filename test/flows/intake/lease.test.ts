// The lease of a mailbox, in a database that fails where it hurts.
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { ContainerClient } from '@azure/storage-blob';
import { findMailbox } from '../../../shared/azure/mailbox-store.ts';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { newMailbox } from '../../../shared/domain/mailbox/mailbox.ts';
import { MaloteError } from '../../../shared/errors.ts';
import { Lease } from '../../../shared/flows/intake/lease.ts';
import { startDatabase } from '../../azure/services-database.ts';
import { until } from '../../support/until.ts';

const { database, cosmos, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);
afterEach(() => cosmos.faults.clear());

// Short sets need no blob.
const stores = { database, mails: new ContainerClient('http://127.0.0.1:1/unused') };
const code = (expected: string) => (error: unknown) =>
  error instanceof MaloteError && error.code === expected;
let services = 0;
const newService = () => `s${++services}` as ServiceId;

async function take(serviceId: ServiceId, owner: string, leaseMs = 60_000): Promise<Lease | undefined> {
  const found = await findMailbox(stores, serviceId);
  const mailbox = found?.value ?? newMailbox(serviceId);
  return Lease.take({ stores, clock: () => new Date(), leaseMs }, found, mailbox, owner);
}

test('of two who saw the same record one gets the lease', async () => {
  const serviceId = newService();
  const both = await Promise.all([take(serviceId, 'a'), take(serviceId, 'b')]);
  assert.equal(both.filter(lease => lease !== undefined).length, 1);
  await Promise.all(both.map(lease => lease?.release(mailbox => mailbox)));
});

test('a holder who was overtaken can write nothing more', async () => {
  const serviceId = newService();
  const slow = await take(serviceId, 'slow');
  const quick = await take(serviceId, 'quick');
  assert.ok(slow && quick);
  await assert.rejects(
    slow.update(mailbox => ({ ...mailbox, takenIn: '1' })),
    code('lease_lost'),
  );
  assert.equal(slow.lost.aborted, true);
  await assert.rejects(
    slow.release(mailbox => mailbox),
    code('lease_lost'),
  );
  await quick.release(mailbox => ({ ...mailbox, waiting: 7 }));
  const { value } = (await findMailbox(stores, serviceId)) ?? assert.fail();
  assert.deepEqual([value.takenIn, value.waiting, value.lease], ['', 7, null]);
});

test('a write that came through unanswered is not undone by the next one', async () => {
  const serviceId = newService();
  const lease = (await take(serviceId, 'a')) ?? assert.fail();
  cosmos.faults.add({ on: 'replace mailboxes', action: 'dropAfter', times: 1 });
  cosmos.faults.add({ on: 'replace mailboxes', action: 'refuse' });
  await assert.rejects(
    lease.update(mailbox => ({ ...mailbox, copied: '1' })),
    code('dependency_unavailable'),
  );
  cosmos.faults.clear();
  await lease.update(mailbox => ({ ...mailbox, takenIn: '1:2' }));
  await lease.release(mailbox => mailbox);
  const { value } = (await findMailbox(stores, serviceId)) ?? assert.fail();
  assert.deepEqual([value.copied, value.takenIn], ['1', '1:2']);
});

test('a lease is renewed by itself while it is held', async () => {
  const serviceId = newService();
  const lease = (await take(serviceId, 'a', 200)) ?? assert.fail();
  const { expiresAt } = lease.mailbox.lease ?? assert.fail();
  await until('a renewal', () => (lease.mailbox.lease?.expiresAt ?? '') > expiresAt);
  await lease.release(mailbox => mailbox);
});

test('a lease is given back when the database is there again, so that no mail is blamed for its absence', async () => {
  const serviceId = newService();
  const lease = (await take(serviceId, 'a', 2_000)) ?? assert.fail();
  await lease.update(mailbox => ({ ...mailbox, inFlight: ['1'] }));
  cosmos.faults.add({ on: 'replace mailboxes', action: 'refuse' });
  const released = lease.release(mailbox => mailbox);
  setTimeout(() => cosmos.faults.clear(), 50);
  await released;
  const { value } = (await findMailbox(stores, serviceId)) ?? assert.fail();
  assert.deepEqual([value.lease, value.inFlight], [null, []]);
});

test('a database that stays away is not waited for longer than the lease holds', async () => {
  const lease = (await take(newService(), 'a', 200)) ?? assert.fail();
  cosmos.faults.add({ on: 'replace mailboxes', action: 'refuse' });
  await assert.rejects(
    lease.release(mailbox => mailbox),
    code('dependency_unavailable'),
  );
});

test('a change that may be noted late goes with the next write that comes through', async () => {
  const serviceId = newService();
  const lease = (await take(serviceId, 'a')) ?? assert.fail();
  const written = async () => (await findMailbox(stores, serviceId))?.value ?? assert.fail();
  lease.defer(mailbox => ({ ...mailbox, takenIn: '1' }));
  lease.defer(mailbox => ({ ...mailbox, outOfSight: mailbox.takenIn }));
  assert.equal((await written()).takenIn, '');
  cosmos.faults.add({ on: 'replace mailboxes', action: 'refuse' });
  await assert.rejects(lease.renew(), code('dependency_unavailable'));
  cosmos.faults.clear();
  await lease.update(mailbox => ({ ...mailbox, waiting: 7 }));
  const { takenIn, outOfSight, waiting } = await written();
  assert.deepEqual([takenIn, outOfSight, waiting], ['1', '1', 7]);
  lease.defer(mailbox => ({ ...mailbox, takenIn: '2' }));
  await lease.release(mailbox => mailbox);
  assert.equal((await written()).takenIn, '2');
});
