// Two writes that meet, in every order, step by step: what the races of the API rest on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Container } from '@azure/cosmos';
import { commit, creating } from '../../shared/azure/catalog.ts';
import { listPending, type Pending } from '../../shared/azure/outbox.ts';
import {
  createReference,
  deleteReference,
  findReference,
  findReferences,
  readUse,
} from '../../shared/azure/references-store.ts';
import {
  createService,
  deleteService,
  findHolders,
  findService,
  listActiveServices,
  namesOfServicesWith,
  replaceService,
  toServiceItem,
} from '../../shared/azure/services-store.ts';
import { auditEntry } from '../../shared/domain/audit.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { loginKey, nameKey } from '../../shared/domain/service/claims.ts';
import type { Service } from '../../shared/domain/service/service.ts';
import { read } from '../domain/service/example.ts';
import { startDatabase, type TestDatabase } from './services-database.ts';

let running: TestDatabase;
let catalog: Container;

before(async () => {
  running = await startDatabase();
  catalog = running.database.catalog;
});
after(() => running[Symbol.asyncDispose]());

let count = 0;

function pending(): Pending {
  const who = { oid: 'oid', name: 'Ana', role: 'Admin' };
  const id = `change-${++count}`;
  const about = { who, action: 'created', kind: 'service', target: 'x', changes: [] } as const;
  return { audit: auditEntry({ id, ...about, changes: [] }, new Date()), event: null };
}

/** A service of its own name and mailbox. */
function service(change: Partial<Service> = {}): Service {
  const name = `Serviço ${++count}`;
  const sample = read().service;
  const mailbox = { ...sample.mailbox, username: `login-${count}`, address: `login-${count}@empresa.com.br` };
  return { ...sample, id: `service-${count}` as ServiceId, name, mailbox, groups: [], ...change };
}

function itemOf(of: Service) {
  const password = { keyId: 'k', iv: '', data: '', tag: '' };
  return toServiceItem(of, { secrets: { password }, createdAt: 'then', updatedAt: 'then', revision: 1 });
}

async function groupNamed(id: string) {
  await createReference(catalog, 'group', { id, name: id, obsolete: false }, pending());
  const found = await findReference(catalog, 'group', id);
  assert.ok(found);
  return found;
}

const naming = (groupId: string) => service({ groups: [{ groupId, scheduleId: null }] });

test('a group that a service took into use after the deletion looked is not deleted', async () => {
  const group = await groupNamed('tomado');
  const named = { kind: 'group', id: 'tomado' } as const;
  const use = (await readUse(catalog, named)) ?? '';
  assert.deepEqual(await namesOfServicesWith(catalog, named), []);
  const written = await createService(catalog, itemOf(naming('tomado')), pending());
  assert.ok(typeof written === 'object');
  assert.deepEqual(await deleteReference(catalog, named, group.etag, use, pending()), { refusedIndex: 1 });
  assert.ok(await findReference(catalog, 'group', 'tomado'));
  assert.equal((await namesOfServicesWith(catalog, named)).length, 1);
});

test('a service whose group was deleted after it was checked is not written', async () => {
  const group = await groupNamed('perdido');
  assert.equal((await findReferences(catalog, 'group', ['perdido', 'outro'])).size, 1);
  const named = { kind: 'group', id: 'perdido' } as const;
  const use = (await readUse(catalog, named)) ?? '';
  assert.ok('etag' in (await deleteReference(catalog, named, group.etag, use, pending())));
  const item = itemOf(naming('perdido'));
  assert.equal(await createService(catalog, item, pending()), 'blocked');
  assert.equal(await findService(catalog, item.service.id), undefined);
  assert.deepEqual(await findHolders(catalog, keysOf(item.service)), {
    name: undefined,
    login: undefined,
    destination: undefined,
  });
});

function keysOf({ name, mailbox }: Service) {
  return { nameKey: nameKey(name), loginKey: loginKey(mailbox) };
}

test('a name or mailbox that another service took after the check blocks the write, and nothing of it is left', async () => {
  const first = service();
  await createService(catalog, itemOf(first), pending());
  for (const second of [service({ name: first.name.toUpperCase() }), service({ mailbox: first.mailbox })]) {
    assert.equal(await createService(catalog, itemOf(second), pending()), 'blocked');
    assert.equal(await findService(catalog, second.id), undefined);
  }
  assert.deepEqual(await findHolders(catalog, keysOf(first)), {
    name: first.id,
    login: first.id,
    destination: undefined,
  });
});

test('a service changed since it was read is neither replaced nor deleted', async () => {
  const item = itemOf(service());
  await createService(catalog, item, pending());
  const before = await findService(catalog, item.service.id);
  assert.ok(before);
  const paused = toServiceItem({ ...item.service, active: false }, item);
  assert.ok(typeof (await replaceService(catalog, before, paused, pending())) === 'object');
  assert.equal(await replaceService(catalog, before, item, pending()), 'overtaken');
  assert.equal(await deleteService(catalog, before, pending()), 'overtaken');
  assert.equal((await findService(catalog, item.service.id))?.value.service.active, false);
});

test('a change gives up the reservations it leaves, a deletion all', async () => {
  const item = itemOf(service());
  await createService(catalog, item, pending());
  const before = await findService(catalog, item.service.id);
  assert.ok(before);
  const renamed = toServiceItem({ ...item.service, name: 'Outro nome' }, item);
  await replaceService(catalog, before, renamed, pending());
  assert.equal((await findHolders(catalog, keysOf(item.service))).name, undefined);
  const now = await findService(catalog, item.service.id);
  assert.ok(now);
  await deleteService(catalog, now, pending());
  const left = await findHolders(catalog, keysOf(renamed.service));
  assert.deepEqual(left, {
    name: undefined,
    login: undefined,
    destination: undefined,
  });
});

test('what must follow a change is kept only when the change is', async () => {
  const item = itemOf(service());
  const kept = pending();
  await createService(catalog, item, kept);
  const refused = pending();
  assert.equal(await createService(catalog, item, refused), 'overtaken');
  const ids = (await listPending(catalog, '9999', 1000)).map(({ audit }) => audit.id);
  assert.ok(ids.includes(kept.audit.id));
  assert.ok(!ids.includes(refused.audit.id));
});

test('active services are listed across pages of the database, with what polling needs and no more', async () => {
  // More than the stand-in gives in a page.
  const first = service();
  const many = Array.from({ length: 1_100 }, (_, n) => ({ ...first, id: `many-${n}` as ServiceId }));
  for (let at = 0; at < many.length; at += 100) {
    const items = many.slice(at, at + 100).map(one => creating(itemOf(one)));
    assert.ok('etag' in (await commit(catalog, items)));
  }
  const idle = service({ active: false });
  await createService(catalog, itemOf(idle), pending());
  const listed = await listActiveServices(catalog);
  const ids = new Set(listed.map(({ id }) => id));
  assert.ok(many.every(({ id }) => ids.has(id)));
  assert.ok(!ids.has(idle.id));
  const [sample] = many;
  assert.ok(sample);
  assert.deepEqual(
    listed.find(({ id }) => id === sample.id),
    {
      id: sample.id,
      pollSeconds: 60,
      address: sample.mailbox.address,
    },
  );
});
