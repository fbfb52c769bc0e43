// The audit trail by HTTP, test events, and services found by name or trouble.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { addToTrail } from '../../shared/azure/audit-store.ts';
import { auditEntry } from '../../shared/domain/audit.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { newMailbox } from '../../shared/domain/mailbox/mailbox.ts';
import { type Api, serviceNamed, startApi } from '../http/api.ts';
import { until } from '../support/until.ts';

let api: Api;
let client: ServiceBusClient;
const received: ServiceBusReceivedMessage[] = [];

before(async () => {
  api = await startApi({}, ['audit']);
  client = new ServiceBusClient(api.busConnection);
  client.createReceiver('mail-events', 'platform').subscribe({
    processMessage: async message => void received.push(message),
    processError: async ({ error }) => assert.fail(error),
  });
});
after(async () => {
  await client.close();
  await api.close();
});

/** Ids of all pages. */
async function pages(query: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path: string = `/api/audit?${query}${cursor && `&cursor=${cursor}`}`;
    const { status, json } = await api.call('GET', path);
    assert.equal(status, 200, JSON.stringify(json));
    ids.push(...json.items.map(({ id }: { id: string }) => id));
    cursor = json.nextCursor;
  }
  return ids;
}

test('the trail is found by period, actor and object, newest first, over months and within one instant', async () => {
  const who = {
    ana: { oid: 'o-ana', name: 'ana@x', role: 'Admin' },
    bia: { oid: 'o-bia', name: 'bia@x', role: 'Admin' },
  };
  const add = (id: string, at: string, by: 'ana' | 'bia', target: string) =>
    addToTrail(
      api.database.audit,
      auditEntry(
        {
          id,
          who: who[by],
          action: 'updated',
          kind: by === 'ana' ? 'service' : 'group',
          target,
          changes: [],
        },
        new Date(at),
      ),
    );
  await add('jan', '2026-01-31T23:59:59Z', 'ana', 's1');
  for (const id of ['c', 'a', 'd', 'b']) await add(id, '2026-02-10T12:00:00Z', 'bia', 'g1');
  await add('feb', '2026-02-11T12:00:00Z', 'ana', 's2');
  await add('apr', '2026-04-01T00:00:00Z', 'ana', 's1');
  const half = 'from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z';
  const all = ['apr', 'feb', 'a', 'b', 'c', 'd', 'jan'];
  for (const limit of [1, 2, 3, 200])
    assert.deepEqual(await pages(`${half}&limit=${limit}`), all, `${limit}`);
  assert.deepEqual(await pages(`${half}&actor=o-ana`), ['apr', 'feb', 'jan']);
  assert.deepEqual(await pages(`${half}&actor=bia@x&limit=3`), ['a', 'b', 'c', 'd']);
  assert.deepEqual(await pages(`${half}&kind=service&target=s1&limit=1`), ['apr', 'jan']);
  assert.deepEqual(await pages('from=2026-02-11T00:00:00Z&to=2026-04-01T00:00:00Z'), ['feb']);
});

test('it is read by administrators, and for a year at most', async () => {
  for (const as of ['Supervisor', 'Platform'] as const)
    assert.equal((await api.call('GET', '/api/audit', { as })).status, 403);
  const long = await api.call('GET', '/api/audit?from=2024-01-01T00:00:00Z');
  assert.deepEqual([long.status, long.json.errors[0].field], [400, 'from']);
  const { json } = await api.call('GET', '/api/audit?kind=spam');
  assert.match(json.detail, /kind must be one of service, mail, /);
});

test('a test event arrives with its mark, and the trail has who sent it', async () => {
  const { status, json } = await api.call('POST', '/api/events/test', { body: { type: 'mail.received' } });
  assert.deepEqual([status, json.type], [202, 'mail.received']);
  const arrived = () => received.find(({ messageId }) => messageId === json.id);
  await until('the event to arrive', () => arrived() !== undefined);
  assert.equal(arrived()?.applicationProperties?.test, true);
  assert.equal(arrived()?.body.data.service.id, 'sac');
  assert.equal((await pages('kind=event&target=mail.received')).length, 1);
  assert.equal((await api.call('POST', '/api/events/test')).json.type, 'test');
  assert.equal((await api.call('POST', '/api/events/test', { body: { type: 'mail' } })).status, 422);
  assert.equal((await api.call('POST', '/api/events/test', { as: 'Supervisor' })).status, 403);
});

test('services are found by a part of their name, and by that their mailbox is in trouble', async () => {
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
  const ids: ServiceId[] = [];
  for (const name of ['Suporte Norte', 'Suporte Sul', 'Vendas']) {
    ids.push((await api.call('POST', '/api/services', { body: serviceNamed(name, 'vendas') })).json.id);
  }
  const names = async (query: string) => {
    const { json } = await api.call('GET', `/api/services?${query}`);
    return [json.items.map(({ name }: { name: string }) => name), json.nextCursor] as const;
  };
  assert.deepEqual(await names('name=SUPORTE'), [['Suporte Norte', 'Suporte Sul'], null]);
  const [first, cursor] = await names('name=suporte&limit=1');
  assert.deepEqual(first, ['Suporte Norte']);
  assert.deepEqual(await names(`name=suporte&limit=1&cursor=${cursor}`), [['Suporte Sul'], null]);
  assert.deepEqual(await names('failing=true'), [[], null]);
  const since = '2026-03-02T12:00:00.000Z';
  const trouble = {
    code: 'login_refused',
    message: 'No.',
    cure: null,
    since,
    failures: 1,
    retryAt: since,
  } as const;
  for (const [id, member] of [
    [ids[1]!, { trouble }],
    [ids[2]!, { disposalTrouble: trouble }],
  ] as const) {
    await api.database.mailboxes.items.upsert({ ...newMailbox(id), ...member });
  }
  assert.deepEqual(await names('failing=true'), [['Suporte Sul', 'Vendas'], null]);
  assert.deepEqual(await names('failing=true&name=sul'), [['Suporte Sul'], null]);
  const [one, next] = await names('failing=true&limit=1');
  assert.deepEqual(one, ['Suporte Sul']);
  assert.deepEqual(await names(`failing=true&limit=1&cursor=${next}`), [['Vendas'], null]);
  assert.equal((await api.call('GET', '/api/services?failing=maybe')).status, 400);
});
