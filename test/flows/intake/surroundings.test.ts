// What a fetch knows of its surroundings: a minute old at most, one reading for all, and never old about the service itself.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { commit, creating } from '../../../shared/azure/catalog.ts';
import { openActiveServices, openDirectory } from '../../../shared/azure/directory.ts';
import type { Pending } from '../../../shared/azure/outbox.ts';
import { createReference, findReference, replaceReference } from '../../../shared/azure/references-store.ts';
import { changingServices, toServiceItem } from '../../../shared/azure/services-store.ts';
import { readBranded, writeSettings } from '../../../shared/azure/settings-store.ts';
import { auditEntry } from '../../../shared/domain/audit.ts';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import type { Service } from '../../../shared/domain/service/service.ts';
import { MaloteError } from '../../../shared/errors.ts';
import { readSurroundings } from '../../../shared/flows/intake/surroundings.ts';
import { startDatabase } from '../../azure/services-database.ts';
import { read } from '../../domain/service/example.ts';

const { database, cosmos, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);
const { catalog } = database;

const start = Date.parse('2026-11-27T10:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1_000);
let count = 0;
let readDirectory: ReturnType<typeof openDirectory>;
beforeEach(() => {
  cosmos.faults.clear();
  readDirectory = openDirectory(catalog, openActiveServices(catalog));
});
const surroundings = (service: Service, now: Date) =>
  readSurroundings({ database, readDirectory }, service, now);

function pending(): Pending {
  const who = { oid: 'oid', name: 'Ana', role: 'Admin' };
  const entry = { id: `c${++count}`, who, kind: 'group', target: 'g', changes: [] } as const;
  return { audit: auditEntry({ ...entry, action: 'created', changes: [] }, at(0)), event: null };
}

/** A service that is saved. */
async function saved(groupIds: string[] = []): Promise<Service> {
  const sample = read().service;
  const address = `caixa-${++count}@empresa.com.br`;
  const mailbox = { ...sample.mailbox, address, username: address };
  const groups = groupIds.map(groupId => ({ groupId, scheduleId: null }));
  const service = { ...sample, id: `s${count}` as ServiceId, name: `S ${count}`, mailbox, groups };
  await commit(catalog, [
    creating(toServiceItem(service, { secrets: {}, createdAt: 'then', updatedAt: 'then', revision: 1 })),
    changingServices(),
  ]);
  return service;
}

async function newGroup(name: string): Promise<string> {
  const id = `g${++count}`;
  await createReference(catalog, 'group', { id, name, obsolete: false }, pending());
  return id;
}

test('a change of other services, of settings and of a name is known a minute later at the latest', async () => {
  const group = await newGroup('Suporte');
  const service = await saved([group]);
  const before = await surroundings(service, at(0));
  assert.equal(before.groups.get(group)?.name, 'Suporte');
  assert.ok(before.ownAddresses.includes(service.mailbox.address));

  const added = await saved();
  const found = (await findReference(catalog, 'group', group)) ?? assert.fail();
  await replaceReference(catalog, found, { id: group, name: 'Ajuda', obsolete: false }, pending());
  const read = await readBranded(catalog);
  const settings = { ...read.value.settings, internalUrl: 'https://interno.example' };
  await writeSettings(catalog, read, { settings, logo: null }, pending());

  assert.deepEqual(await surroundings(service, at(59.9)), before);
  const later = await surroundings(service, at(60));
  assert.equal(later.groups.get(group)?.name, 'Ajuda');
  assert.equal(later.settings.internalUrl, 'https://interno.example');
  assert.ok(later.ownAddresses.includes(added.mailbox.address));
});

test('a service that was just added knows its own address and the names of groups that were made for it', async () => {
  await surroundings(await saved(), at(0));
  const group = await newGroup('Vendas');
  const service = await saved([group, 'gone']);
  const { groups, ownAddresses } = await surroundings(service, at(1));
  assert.equal(groups.get(group)?.name, 'Vendas');
  assert.ok(ownAddresses.includes(service.mailbox.address));
});

test('fetches at the same time share one reading, and those of a minute cost no more', async () => {
  const services = await Promise.all(Array.from({ length: 20 }, () => saved()));
  cosmos.faults.add({ on: 'query catalog', action: 'delay', delayMs: 0, times: 5 });
  await Promise.all(services.map(service => surroundings(service, at(0))));
  await Promise.all(services.map(service => surroundings(service, at(30))));
  // Four of five: the groups, the schedules, the forms, and the addresses.
  assert.deepEqual(
    cosmos.faults.list().map(({ times }) => times),
    [1],
  );
});

test('a reading that failed is not kept, and fails all who waited for it', async () => {
  const service = await saved();
  cosmos.faults.add({ on: 'query catalog', action: 'refuse' });
  for (const outcome of await Promise.allSettled([
    surroundings(service, at(0)),
    surroundings(service, at(0)),
  ])) {
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof MaloteError);
    assert.equal(outcome.reason.code, 'dependency_unavailable');
  }
  cosmos.faults.clear();
  assert.ok((await surroundings(service, at(0))).ownAddresses.length > 0);
});

test('a clock that is set back does not keep it for longer', async () => {
  const service = await saved();
  await surroundings(service, at(3_600));
  const added = await saved();
  const { ownAddresses } = await surroundings(service, at(0));
  assert.ok(ownAddresses.includes(added.mailbox.address));
});
