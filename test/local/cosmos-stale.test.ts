// Session consistency: a client sees what it wrote itself; what others wrote it may see late.
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { connect, startWithClient } from './cosmos-support.ts';

/** Two clients, of which the second sees late what the first writes. */
async function twoClients(t: TestContext) {
  const { endpoint, key, faults, ledger: mine } = await startWithClient(t, {});
  const other = connect({ endpoint, key, consistencyLevel: 'Session' });
  t.after(other.close);
  const theirs = other.client.database('malote').container('ledger');
  faults.add({ on: 'read', action: 'stale', delayMs: 60_000 });
  faults.add({ on: 'query', action: 'stale', delayMs: 60_000 });
  return { mine, theirs, faults };
}

test('a change of another client is not seen until it is no longer new', async t => {
  const { mine, theirs, faults } = await twoClients(t);
  await mine.items.create({ id: 'a', serviceId: 's', n: 1 });
  assert.equal((await theirs.item('a', 's').read()).resource, undefined);
  await mine.items.upsert({ id: 'a', serviceId: 's', n: 2 });
  assert.equal((await theirs.item('a', 's').read()).resource?.n, 1);
  faults.clear();
  assert.equal((await theirs.item('a', 's').read()).resource?.n, 2);
});

test('what a client writes it sees, and with it all that was written before', async t => {
  const { mine, theirs } = await twoClients(t);
  await mine.items.create({ id: 'a', serviceId: 's', n: 1 });
  await theirs.items.create({ id: 'b', serviceId: 's', n: 1 });
  assert.equal((await theirs.item('b', 's').read()).resource?.n, 1);
  assert.equal((await theirs.item('a', 's').read()).resource?.n, 1);
});

test('a write is judged by the item as it is: a stale ETag is refused, and then the change is seen', async t => {
  const { mine, theirs } = await twoClients(t);
  const { etag } = await theirs.items.create({ id: 'a', serviceId: 's', n: 1 });
  await mine.items.upsert({ id: 'a', serviceId: 's', n: 2 });
  assert.equal((await theirs.item('a', 's').read()).resource?.n, 1);
  const accessCondition = { type: 'IfMatch', condition: etag };
  const write = theirs.item('a', 's').replace({ id: 'a', serviceId: 's', n: 3 }, { accessCondition });
  await assert.rejects(write, { code: 412 });
  assert.equal((await theirs.item('a', 's').read()).resource?.n, 2);
});

test('a query shows items as they were, and none that were not there', async t => {
  const { mine, theirs } = await twoClients(t);
  await theirs.items.create({ id: 'a', serviceId: 's', n: 1 });
  await mine.items.upsert({ id: 'a', serviceId: 's', n: 2 });
  await mine.items.create({ id: 'b', serviceId: 's', n: 2 });
  const query = { query: 'SELECT * FROM c WHERE c.serviceId = @s', parameters: [{ name: '@s', value: 's' }] };
  const { resources } = await theirs.items.query(query, { partitionKey: 's' }).fetchAll();
  assert.deepEqual(
    resources.map(({ id, n }) => [id, n]),
    [['a', 1]],
  );
});

test('a client that asks for no session consistency may not even see what it wrote', async t => {
  const { endpoint, key, faults } = await startWithClient(t, {});
  const careless = connect({ endpoint, key });
  t.after(careless.close);
  faults.add({ on: 'read', action: 'stale', delayMs: 60_000 });
  const things = careless.client.database('malote').container('ledger');
  await things.items.create({ id: 'a', serviceId: 's' });
  assert.equal((await things.item('a', 's').read()).resource, undefined);
});
