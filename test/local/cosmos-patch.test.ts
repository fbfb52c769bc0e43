// Partial updates by the Cosmos stand-in.
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { PatchOperation } from '@azure/cosmos';
import { failureOf, startWithClient } from './cosmos-support.ts';

async function itemWith(t: TestContext, content: Record<string, unknown>) {
  const { ledger } = await startWithClient(t);
  await ledger.items.create({ id: 'a', serviceId: 's', ...content });
  const item = ledger.item('a', 's');
  const read = async () => {
    const { id, serviceId, _rid, _self, _etag, _attachments, _ts, ...rest } = (await item.read()).resource;
    return rest;
  };
  return { ledger, item, read };
}

test('operations apply in their order', async t => {
  const { item, read } = await itemWith(t, {
    n: 1,
    gone: 1,
    swapped: 1,
    deep: { kept: 1 },
    list: ['a', 'b'],
  });
  const { resource } = await item.patch([
    { op: 'set', path: '/set', value: { new: true } },
    { op: 'add', path: '/set/more', value: null },
    { op: 'incr', path: '/n', value: 5 },
    { op: 'incr', path: '/fresh', value: -2 },
    { op: 'remove', path: '/gone' },
    { op: 'replace', path: '/swapped', value: 'x' },
    { op: 'set', path: '/deep/added', value: 2 },
    { op: 'add', path: '/list/-', value: 'c' },
    { op: 'add', path: '/list/0', value: 'first' },
    { op: 'set', path: '/list/1', value: 'A' },
  ]);
  const expected = {
    n: 6,
    swapped: 'x',
    deep: { kept: 1, added: 2 },
    list: ['first', 'A', 'b', 'c'],
    set: { new: true, more: null },
    fresh: -2,
  };
  assert.deepEqual(await read(), expected);
  assert.equal(resource?.n, 6);
});

test('an operation that cannot be done leaves the item as it was', async t => {
  const content = { n: 1, text: 'x', list: [1] };
  const { item, read } = await itemWith(t, content);
  const impossible: PatchOperation[] = [
    { op: 'remove', path: '/missing' },
    { op: 'replace', path: '/missing', value: 1 },
    { op: 'set', path: '/missing/child', value: 1 },
    { op: 'incr', path: '/text', value: 1 },
    { op: 'set', path: '/list/5', value: 1 },
    { op: 'set', path: '/id', value: 'b' },
    { op: 'set', path: '/serviceId', value: 'other' },
    { op: 'set', path: '/_etag', value: 'x' },
    { op: 'set', path: 'n', value: 1 },
    { op: 'move', from: '/n', path: '/m' } as unknown as PatchOperation,
  ];
  for (const operation of impossible) {
    const both: PatchOperation[] = [{ op: 'set', path: '/n', value: 2 }, operation];
    assert.equal(await failureOf(item.patch(both)), 400, JSON.stringify(operation));
  }
  assert.deepEqual(await read(), content);
});

test('a patch has one to ten operations', async t => {
  const { item } = await itemWith(t, {});
  const set = (count: number): PatchOperation[] =>
    Array.from({ length: count }, (_, n) => ({ op: 'set', path: `/f${n}`, value: n }));
  assert.equal(await failureOf(item.patch(set(10))), undefined);
  assert.equal(await failureOf(item.patch(set(11))), 400);
  assert.equal(await failureOf(item.patch([])), 400);
});

test('a condition that is not true for the item is refused with 412', async t => {
  const { ledger, item, read } = await itemWith(t, { seatsLeft: 1, state: 'OPEN' });
  await ledger.items.create({ id: 'a', serviceId: 'other', seatsLeft: 5, state: 'OPEN' });
  const take = (condition: string) =>
    failureOf(item.patch({ condition, operations: [{ op: 'incr', path: '/seatsLeft', value: -1 }] }));
  assert.equal(await take("FROM c WHERE c.seatsLeft > 0 AND c.state = 'OPEN'"), undefined);
  assert.equal(await take("from c where c.seatsLeft > 0 and c.state = 'OPEN'"), 412);
  assert.equal(await take('from c where c.missing > 0'), 412);
  assert.equal(await take('from c where c.seatsLeft ~ 0'), 400);
  assert.deepEqual(await read(), { seatsLeft: 0, state: 'OPEN' });
});

test('fifty increments at once are all counted', async t => {
  const { item, read } = await itemWith(t, { n: 0 });
  await Promise.all(Array.from({ length: 50 }, () => item.patch([{ op: 'incr', path: '/n', value: 1 }])));
  assert.deepEqual(await read(), { n: 50 });
});
