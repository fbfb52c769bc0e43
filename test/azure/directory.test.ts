// The list of active services, as each process keeps it: true after every change, and not read again without one.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openActiveServices } from '../../shared/azure/directory.ts';
import type { Pending } from '../../shared/azure/outbox.ts';
import {
  createService,
  deleteService,
  findService,
  replaceService,
  toServiceItem,
} from '../../shared/azure/services-store.ts';
import { auditEntry } from '../../shared/domain/audit.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import type { Service } from '../../shared/domain/service/service.ts';
import { read } from '../domain/service/example.ts';
import { startDatabase } from './services-database.ts';

const { database, cosmos, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);
const { catalog } = database;
const at = (minutes: number) => new Date(Date.UTC(2026, 10, 22, 10, minutes));
const id = 'sac' as ServiceId;

let changes = 0;
function pending(): Pending {
  const about = { action: 'updated', kind: 'service', target: id } as const;
  const who = { oid: 'oid', name: 'Ana', role: 'Admin' };
  return { audit: auditEntry({ id: `change-${++changes}`, who, ...about, changes: [] }, at(0)), event: null };
}

const { service } = read();
const itemOf = (change: Partial<Service>) =>
  toServiceItem(
    { ...service, id, groups: [], ...change },
    { secrets: {}, createdAt: 'then', updatedAt: 'then', revision: 1 },
  );
const found = async () => (await findService(catalog, id)) ?? assert.fail();
const change = async (to: Partial<Service>) => {
  assert.ok('etag' in ((await replaceService(catalog, await found(), itemOf(to), pending())) as object));
};

/** Requests to the catalogue, by their names. */
async function requestsOf(run: () => Promise<unknown>) {
  cosmos.charges.take();
  await run();
  return Object.fromEntries([...cosmos.charges.take()].map(([name, { requests }]) => [name, requests]));
}

test('every change of a service is seen by the next look, in every process; without one it is a point read', async () => {
  // As two processes that began before there was any service.
  const [one, other] = [openActiveServices(catalog), openActiveServices(catalog)];
  const seen = async (minute: number) => {
    const [here, there] = [await one(at(minute)), await other(at(minute))];
    assert.deepEqual(here, there);
    return here.map(({ pollSeconds, address }) => [pollSeconds, address]);
  };
  assert.deepEqual(await seen(0), []);
  await createService(catalog, itemOf({ pollSeconds: 60 }), pending());
  const { address } = service.mailbox;
  assert.deepEqual(await seen(1), [[60, address]]);
  assert.deepEqual(await requestsOf(() => one(at(2))), { 'read catalog': 1 });
  await change({ pollSeconds: 300 });
  assert.deepEqual(await seen(3), [[300, address]]);
  await change({ active: false });
  assert.deepEqual(await seen(4), []);
  await change({ active: true, pollSeconds: 600 });
  assert.deepEqual(await seen(5), [[600, address]]);
  await deleteService(catalog, await found(), pending());
  assert.deepEqual(await seen(6), []);
});

test('once an hour all are read: a change that did not say so is seen then', async () => {
  const look = openActiveServices(catalog);
  assert.deepEqual(await look(at(0)), []);
  await catalog.items.create(itemOf({ pollSeconds: 60 }));
  assert.deepEqual(await look(at(59)), []);
  assert.equal((await look(at(60))).length, 1);
});

test('what cannot be read is an error, and not kept', async () => {
  const look = openActiveServices(catalog);
  for (const on of ['read catalog', 'query catalog']) {
    cosmos.faults.add({ on, action: 'refuse' });
    await assert.rejects(look(at(0)), { code: 'dependency_unavailable' });
    cosmos.faults.clear();
  }
  assert.equal((await look(at(0))).length, 1);
});
