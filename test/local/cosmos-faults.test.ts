// What the Cosmos stand-in does when told to misbehave, and what the genuine client makes of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { connect, failureOf, startWithClient } from './cosmos-support.ts';

const item = { id: 'a', serviceId: 's' };

test('throttle answers 429 with the time to wait, which the client waits out', async t => {
  const { ledger, faults } = await startWithClient(t);
  faults.add({ on: 'create ledger', action: 'throttle', times: 2 });
  const { headers } = await ledger.items.create(item);
  assert.equal(headers['x-ms-throttle-retry-count'], 2);
  assert.equal(headers['x-ms-throttle-retry-wait-time-ms'], 20);
});

test('throttle that does not end reaches the caller as 429 with the time it asks to wait', async t => {
  const { endpoint, key, faults } = await startWithClient(t);
  const impatient = connect({
    endpoint,
    key,
    connectionPolicy: { retryOptions: { maxRetryAttemptCount: 0 } as never },
  });
  t.after(impatient.close);
  faults.add({ on: 'query', action: 'throttle', delayMs: 1500 });
  const query = impatient.client.database('malote').container('ledger').items.query('SELECT * FROM c');
  await assert.rejects(query.fetchAll(), { code: 429, retryAfterInMs: 1500 });
});

test('refuse answers 503 once for each time it is set for', async t => {
  const { ledger, faults } = await startWithClient(t);
  faults.add({ on: 'create ledger', action: 'refuse', times: 1 });
  assert.equal(await failureOf(ledger.items.create(item)), 503);
  assert.equal(await failureOf(ledger.items.create(item)), undefined);
});

test('drop closes the connection and does nothing', async t => {
  const { ledger, faults } = await startWithClient(t);
  faults.add({ on: 'batch ledger', action: 'drop', times: 1 });
  const create = { operationType: 'Create' as const, resourceBody: item };
  await assert.rejects(ledger.items.batch([create], 's'), /socket hang up|ECONNRESET/);
  assert.equal((await ledger.item('a', 's').read()).statusCode, 404);
});

test('dropAfter does what was asked and leaves the caller in doubt', async t => {
  const { ledger, faults } = await startWithClient(t);
  faults.add({ on: 'create ledger', action: 'dropAfter', times: 1 });
  await assert.rejects(ledger.items.create(item), { code: 'ECONNRESET' });
  assert.equal((await ledger.item('a', 's').read()).statusCode, 200);

  faults.add({ on: 'batch ledger', action: 'dropAfter', times: 1 });
  const create = { operationType: 'Create' as const, resourceBody: { id: 'b', serviceId: 's' } };
  await assert.rejects(ledger.items.batch([create], 's'), /socket hang up|ECONNRESET/);
  assert.equal((await ledger.item('b', 's').read()).statusCode, 200);
});

test('the client itself repeats a read whose connection was dropped', async t => {
  const { ledger, faults } = await startWithClient(t);
  await ledger.items.create(item);
  faults.add({ on: 'read ledger', action: 'drop', times: 1 });
  assert.equal((await ledger.item('a', 's').read()).statusCode, 200);
  assert.deepEqual(faults.list(), []);
});

test('delay answers late', async t => {
  const { endpoint, key, faults } = await startWithClient(t);
  const hasty = connect({ endpoint, key, connectionPolicy: { requestTimeout: 50 } });
  t.after(hasty.close);
  const ledger = hasty.client.database('malote').container('ledger');
  await ledger.items.create(item);
  faults.add({ on: 'upsert ledger', action: 'delay', delayMs: 200, times: 1 });
  assert.equal(await failureOf(ledger.items.upsert(item)), 'TimeoutError');
});

test('a fault on one container or operation leaves the others alone', async t => {
  const { ledger, catalog, faults } = await startWithClient(t);
  faults.add({ on: 'create ledger', action: 'refuse' });
  assert.equal(await failureOf(ledger.items.upsert(item)), undefined);
  assert.equal(await failureOf(catalog.items.create({ id: 'a', pk: 'p' })), undefined);
  assert.equal(await failureOf(ledger.items.create({ id: 'b', serviceId: 's' })), 503);
  faults.clear();
  assert.equal(await failureOf(ledger.items.create({ id: 'b', serviceId: 's' })), undefined);
});
