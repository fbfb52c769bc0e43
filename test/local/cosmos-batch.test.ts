// Transactional batches of the Cosmos stand-in: all or nothing, within one partition.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Container, OperationInput } from '@azure/cosmos';
import { failureOf, fileNamed, startWithClient } from './cosmos-support.ts';

const create = (id: string, more = {}): OperationInput => ({
  operationType: 'Create',
  resourceBody: { id, serviceId: 's', ...more },
});

async function batch(ledger: Container, operations: OperationInput[]) {
  const { code, result = [] } = await ledger.items.batch(operations, 's');
  return { code, statuses: result.map(({ statusCode }) => statusCode), result };
}

const idsOf = async (ledger: Container) =>
  (await ledger.items.query('SELECT VALUE c.id FROM c', { partitionKey: 's' }).fetchAll()).resources;

test('every kind of operation is done in its order', async t => {
  const { ledger } = await startWithClient(t);
  await batch(ledger, [create('replaced'), create('deleted'), create('patched', { n: 1 })]);
  const { code, statuses, result } = await batch(ledger, [
    create('created'),
    { operationType: 'Upsert', resourceBody: { id: 'created', serviceId: 's', n: 1 } },
    { operationType: 'Upsert', resourceBody: { id: 'upserted', serviceId: 's' } },
    { operationType: 'Replace', id: 'replaced', resourceBody: { id: 'replaced', serviceId: 's', n: 2 } },
    {
      operationType: 'Patch',
      id: 'patched',
      resourceBody: { operations: [{ op: 'incr', path: '/n', value: 1 }] },
    },
    { operationType: 'Read', id: 'patched' },
    { operationType: 'Delete', id: 'deleted' },
  ]);
  assert.equal(code, 200);
  assert.deepEqual(statuses, [201, 200, 201, 200, 200, 200, 204]);
  assert.equal(result[5]?.resourceBody?.n, 2);
  assert.equal(result[0]?.eTag === result[1]?.eTag, false);
  assert.deepEqual(await idsOf(ledger), ['replaced', 'patched', 'created', 'upserted']);
});

test('one failure undoes what was done before it: 207, its own status, and 424 for the others', async t => {
  const { ledger } = await startWithClient(t);
  await ledger.items.create({ id: 'kept', serviceId: 's', n: 1 });
  const { etag } = await ledger.item('kept', 's').read();
  const { code, statuses } = await batch(ledger, [
    { operationType: 'Upsert', resourceBody: { id: 'kept', serviceId: 's', n: 99 } },
    create('new'),
    { operationType: 'Delete', id: 'kept' },
    create('new'),
    create('after'),
  ]);
  assert.equal(code, 207);
  assert.deepEqual(statuses, [424, 424, 424, 409, 424]);
  assert.deepEqual(await idsOf(ledger), ['kept']);
  const after = await ledger.item('kept', 's').read();
  assert.deepEqual([after.resource.n, after.etag], [1, etag]);
});

test('what a batch undid stays undone after a restart', async t => {
  const file = fileNamed('batch.sqlite');
  const before = await startWithClient(t, { file });
  await batch(before.ledger, [create('a'), create('b')]);
  await batch(before.ledger, [create('c'), create('a')]);
  await before.close();
  const { ledger } = await startWithClient(t, { file });
  assert.deepEqual(await idsOf(ledger), ['a', 'b']);
});

test('preconditions hold in a batch: ifMatch and the condition of a patch', async t => {
  const { ledger } = await startWithClient(t);
  const { etag: stale } = await ledger.items.create({ id: 'a', serviceId: 's', seatsLeft: 0 });
  await ledger.items.upsert({ id: 'a', serviceId: 's', seatsLeft: 0 });
  const replace = { id: 'a', serviceId: 's', seatsLeft: 9 };
  const outdated = await batch(ledger, [
    create('b'),
    { operationType: 'Replace', id: 'a', ifMatch: stale, resourceBody: replace },
  ]);
  assert.deepEqual(outdated.statuses, [424, 412]);
  const operations = [{ op: 'incr' as const, path: '/seatsLeft', value: -1 }];
  const untrue = await batch(ledger, [
    create('b'),
    {
      operationType: 'Patch',
      id: 'a',
      resourceBody: { condition: 'from c where c.seatsLeft > 0', operations },
    },
  ]);
  assert.deepEqual(untrue.statuses, [424, 412]);
  assert.deepEqual(await idsOf(ledger), ['a']);
});

test('an item of another partition fails the batch', async t => {
  const { ledger } = await startWithClient(t);
  const elsewhere: OperationInput = {
    operationType: 'Create',
    resourceBody: { id: 'b', serviceId: 'other' },
  };
  assert.deepEqual((await batch(ledger, [create('a'), elsewhere])).statuses, [424, 400]);
});

test('a batch has at most 100 operations and 2 MB', async t => {
  const { ledger, endpoint, key } = await startWithClient(t);
  assert.ok(endpoint && key);
  const hundred = Array.from({ length: 100 }, (_, n) => create(`i${n}`));
  assert.equal((await batch(ledger, hundred)).code, 200);
  const heavy = Array.from({ length: 3 }, (_, n) => create(`h${n}`, { text: 'x'.repeat(800_000) }));
  assert.equal(await failureOf(batch(ledger, heavy)), 413);
  assert.equal((await idsOf(ledger)).length, 100);
});

test('of fifty batches taking the last ten seats, ten win and each has its booking', async t => {
  const { ledger } = await startWithClient(t);
  await ledger.items.create({ id: 'seats', serviceId: 's', seatsLeft: 10 });
  const book = (n: number): OperationInput[] => [
    create(`booking${n}`),
    {
      operationType: 'Patch',
      id: 'seats',
      resourceBody: {
        condition: 'from c where c.seatsLeft > 0',
        operations: [{ op: 'incr', path: '/seatsLeft', value: -1 }],
      },
    },
  ];
  const codes = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => (await batch(ledger, book(n))).code),
  );
  assert.equal(codes.filter(code => code === 200).length, 10);
  assert.equal((await idsOf(ledger)).length, 11);
  assert.equal((await ledger.item('seats', 's').read()).resource?.seatsLeft, 0);
});
