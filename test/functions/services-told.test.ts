// What follows a change: the audit trail and the platform have it, come what may; and a password is in none of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { type Bus, openBus } from '../../shared/azure/bus.ts';
import { listPending } from '../../shared/azure/outbox.ts';
import type { AuditEntry } from '../../shared/domain/audit.ts';
import { deliverPending } from '../../shared/flows/services/outbox.ts';
import { createLog } from '../../shared/log.ts';
import { type Api, serviceNamed, startApi } from '../http/api.ts';

const password = 'abre-te-sésamo';
let api: Api;
let client: ServiceBusClient;
let bus: Bus;
const received: ServiceBusReceivedMessage[] = [];

before(async () => {
  api = await startApi();
  client = new ServiceBusClient(api.busConnection);
  client.createReceiver('mail-events', 'platform').subscribe({
    processMessage: async message => void received.push(message),
    processError: async ({ error }) => assert.fail(error),
  });
  bus = await openBus({ connectionString: api.busConnection });
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
});
after(async () => {
  await Promise.all([client.close(), bus.close()]);
  await api.close();
});

const quiet = createLog(() => {});
const later = () => new Date(Date.now() + 3_600_000);
const pending = () => listPending(api.database.catalog, '9999', 100);
const sweep = () => deliverPending({ database: api.database, bus }, later(), quiet);

async function create(name: string) {
  const body = serviceNamed(name, 'vendas');
  body.mailbox.auth.password = password;
  return api.call('POST', '/api/services', { body });
}

async function trailOf(target: string): Promise<AuditEntry[]> {
  const { resources } = await api.database.audit.items
    .query<AuditEntry>({
      query: 'SELECT * FROM c WHERE c.target = @target',
      parameters: [{ name: '@target', value: target }],
    })
    .fetchAll();
  return resources.toSorted((a, b) => a.at.localeCompare(b.at));
}

/** The events about a service that have come to the platform's subscription, once there are so many. */
async function eventsOf(serviceId: string, count: number): Promise<ServiceBusReceivedMessage[]> {
  const about = () =>
    received.filter(({ applicationProperties }) => applicationProperties?.serviceId === serviceId);
  for (let left = 250; about().length < count; left -= 1) {
    assert.ok(left > 0, `Only ${about().length} of ${count} events came`);
    await setTimeout(20);
  }
  return about();
}

test('every change is in the trail: who, when, what it was and is, secrets masked', async () => {
  const { json, etag } = await create('Trilha');
  const path = `/api/services/${json.id}`;
  const body = { pollSeconds: 300, mailbox: { folder: 'Pedidos', auth: { password: 'outra' } } };
  const changed = await api.call('PATCH', path, { ifMatch: etag, body });
  await api.call('DELETE', path, { ifMatch: changed.etag });

  const [created, updated, ended, deleted] = await trailOf(json.id);
  assert.ok(created && updated && ended && deleted);
  assert.deepEqual(created.who, { oid: 'oid-of-ana', name: 'Ana', role: 'Admin' });
  assert.deepEqual(
    [created.action, created.kind, created.month],
    ['created', 'service', created.at.slice(0, 7)],
  );
  assert.deepEqual(
    created.changes.find(({ field }) => field === 'mailbox.auth.password'),
    { field: 'mailbox.auth.password', from: null, to: '***' },
  );
  assert.deepEqual(updated.changes, [
    { field: 'mailbox.folder', from: 'INBOX', to: 'Pedidos' },
    { field: 'pollSeconds', from: 60, to: 300 },
    { field: 'mailbox.auth.password', from: '***', to: '***' },
  ]);
  // Who deletes an active service makes it inactive first.
  assert.deepEqual(ended.changes, [{ field: 'active', from: true, to: false }]);
  assert.equal(deleted.action, 'deleted');
  assert.deepEqual(
    deleted.changes.find(({ field }) => field === 'name'),
    { field: 'name', from: 'Trilha', to: null },
  );
});

test('the platform is told of every change by service.changed', async () => {
  const { json, etag } = await create('Anunciado');
  const path = `/api/services/${json.id}`;
  const paused = await api.call('PATCH', path, { ifMatch: etag, body: { active: false } });
  await api.call('DELETE', path, { ifMatch: paused.etag });
  const events = await eventsOf(json.id, 3);
  const told = events.map(({ body }) => [body.type, body.data.change, body.data.active, body.data.groupIds]);
  assert.deepEqual(told, [
    ['service.changed', 'created', true, ['vendas']],
    ['service.changed', 'updated', false, ['vendas']],
    ['service.changed', 'deleted', false, ['vendas']],
  ]);
  assert.deepEqual(await pending(), []);
});

test('a change stands while the trail is down, and enters the trail afterwards', async () => {
  api.databaseFaults.add({ on: 'create audit', action: 'refuse' });
  const { status, json } = await create('Sem trilha');
  assert.equal(status, 201);
  assert.deepEqual(await trailOf(json.id), []);
  api.databaseFaults.clear();
  assert.equal(await sweep(), 1);
  const trail = await trailOf(json.id);
  assert.deepEqual(
    trail.map(({ action }) => action),
    ['created'],
  );
  assert.equal((await eventsOf(json.id, 1)).length, 1);
  assert.deepEqual(await pending(), []);
});

test('a change stands while the bus is down, and is told afterwards; what was repeated is there once', async () => {
  api.busFaults.add({ on: 'send mail-events', action: 'refuse' });
  const { status, json } = await create('Sem barramento');
  assert.equal(status, 201);
  assert.equal(await sweep(), 1);
  assert.equal((await pending()).length, 1);
  api.busFaults.clear();
  assert.equal(await sweep(), 1);
  assert.equal((await eventsOf(json.id, 1)).length, 1);
  assert.equal((await trailOf(json.id)).length, 1);
  assert.deepEqual(await pending(), []);
});

test('a change just made is left to the request that made it', async () => {
  api.busFaults.add({ on: 'send mail-events', action: 'refuse' });
  await create('Recente');
  assert.equal(await deliverPending({ database: api.database, bus }, new Date(), quiet), 0);
  api.busFaults.clear();
  assert.equal(await sweep(), 1);
});

test('a password is in no answer, no log, no trail, no event, and is at rest only encrypted', async () => {
  const { json, etag } = await create('Segredo');
  const path = `/api/services/${json.id}`;
  const body = (extra: object) => ({ mailbox: { auth: { password } }, ...extra });
  const answers = [
    json,
    (await api.call('GET', path)).json,
    (await api.call('GET', '/api/services?limit=200')).json,
    (await api.call('PATCH', path, { ifMatch: etag, body: body({ pollSeconds: 1 }) })).json,
    (
      await api.call('PATCH', path, {
        ifMatch: etag,
        body: `{"mailbox": {"auth": {"password": "${password}"`,
      })
    ).json,
    (await api.call('POST', '/api/services', { body: body({ name: 'Segredo' }) })).json,
  ];
  api.databaseFaults.add({ on: 'batch catalog', action: 'refuse', times: 1 });
  answers.push((await api.call('PATCH', path, { ifMatch: etag, body: body({}) })).json);
  api.databaseFaults.clear();
  answers.push((await api.call('PATCH', path, { ifMatch: etag, body: body({}) })).json);
  await api.call('DELETE', path, { ifMatch: '*' });

  const read = async (container: keyof Api['database']) =>
    (await api.database[container].items.query('SELECT * FROM c').fetchAll()).resources;
  const stored = [await read('catalog'), await read('audit')];
  const events = (await eventsOf(json.id, 3)).map(({ body }) => body);
  const everything = JSON.stringify([answers, stored, events, api.logged()]);
  assert.ok(everything.includes('Segredo'));
  for (const part of [password, 'sésamo', Buffer.from(password).toString('base64')]) {
    assert.ok(!everything.includes(part), part);
  }
});

test('logs name no address and no person', () => {
  assert.match(api.logged(), /services-create/);
  assert.doesNotMatch(api.logged(), /empresa\.com\.br|Ana"/);
});
