// Point operations of the Cosmos stand-in: create, read, replace, upsert, delete, ETags, limits and times to live.
import assert from 'node:assert/strict';
import test from 'node:test';
import { failureOf, startWithClient } from './cosmos-support.ts';

const ifMatch = (condition: string | undefined) => ({
  accessCondition: { type: 'IfMatch', condition: condition as string },
});
const ifNoneMatch = (condition: string) => ({ accessCondition: { type: 'IfNoneMatch', condition } });

test('an item is read back as it was created, with the system properties added', async t => {
  const { ledger } = await startWithClient(t, { now: () => 1_700_000_000_999 });
  const item = { id: 'a', serviceId: 's', deep: { list: [1, 'ü', null, true, 1.5e-7] }, empty: '' };
  const created = await ledger.items.create(item);
  assert.equal(created.statusCode, 201);
  assert.ok(created.requestCharge > 0);
  const read = await ledger.item('a', 's').read();
  assert.equal(read.etag, created.etag);
  const { _rid, _self, _attachments, ...kept } = read.resource;
  assert.deepEqual(kept, { ...item, _etag: created.etag, _ts: 1_700_000_000 });
});

test('an id that is taken is a conflict in its own partition only', async t => {
  const { ledger } = await startWithClient(t);
  await ledger.items.create({ id: 'a', serviceId: 's' });
  assert.equal(await failureOf(ledger.items.create({ id: 'a', serviceId: 's' })), 409);
  await ledger.items.create({ id: 'a', serviceId: 'other' });
});

test('a missing item reads as 404 without an error; replace, patch and delete of it fail with 404', async t => {
  const { ledger } = await startWithClient(t);
  await ledger.items.create({ id: 'a', serviceId: 'other' });
  const item = ledger.item('a', 's');
  const read = await item.read();
  assert.deepEqual([read.statusCode, read.resource], [404, undefined]);
  assert.equal(await failureOf(item.replace({ id: 'a', serviceId: 's' })), 404);
  assert.equal(await failureOf(item.patch([{ op: 'set', path: '/x', value: 1 }])), 404);
  assert.equal(await failureOf(item.delete()), 404);
});

test('ids and partition keys keep every character that is allowed', async t => {
  const { ledger } = await startWithClient(t);
  const ids = [
    'a:b',
    'a|b',
    'a@b.se',
    'a b',
    'åäö',
    'a%b',
    '%2F',
    'a+b',
    '日本',
    '2026-01-01T10:00:00Z',
    '"q"',
  ];
  for (const id of ids) {
    await ledger.items.create({ id, serviceId: `s:${id}`, same: id });
    assert.equal((await ledger.item(id, `s:${id}`).read()).resource?.same, id);
  }
  for (const id of ['a/b', 'a\\b', 'a?b', 'a#b', 'x'.repeat(1024)]) {
    assert.ok(await failureOf(ledger.items.create({ id, serviceId: 's' })), id);
  }
});

test('a partition key may be a number, a boolean, null or absent', async t => {
  const { catalog } = await startWithClient(t);
  for (const pk of [0, 5, true, false, null, undefined]) {
    await catalog.items.create({ id: 'a', pk, as: String(pk) });
    assert.equal((await catalog.item('a', pk).read()).resource?.as, String(pk));
  }
});

test('replace forgets what the new content lacks, and every write changes the ETag', async t => {
  const { ledger } = await startWithClient(t);
  const first = await ledger.items.create({ id: 'a', serviceId: 's', old: 1 });
  const second = await ledger.item('a', 's').replace({ id: 'a', serviceId: 's', fresh: 2 });
  assert.notEqual(second.etag, first.etag);
  const { resource } = await ledger.item('a', 's').read();
  assert.deepEqual([resource.old, resource.fresh], [undefined, 2]);
});

test('upsert creates, then replaces', async t => {
  const { ledger } = await startWithClient(t);
  assert.equal((await ledger.items.upsert({ id: 'a', serviceId: 's', n: 1 })).statusCode, 201);
  assert.equal((await ledger.items.upsert({ id: 'a', serviceId: 's', n: 2 })).statusCode, 200);
});

test('a stale If-Match is refused with 412 and changes nothing', async t => {
  const { ledger } = await startWithClient(t);
  const { etag: stale } = await ledger.items.create({ id: 'a', serviceId: 's', n: 1 });
  const item = ledger.item('a', 's');
  const { etag } = await item.replace({ id: 'a', serviceId: 's', n: 2 }, ifMatch(stale));
  const late = { id: 'a', serviceId: 's', n: 3 };
  assert.equal(await failureOf(item.replace(late, ifMatch(stale))), 412);
  assert.equal(await failureOf(ledger.items.upsert(late, ifMatch(stale))), 412);
  assert.equal(await failureOf(item.patch([{ op: 'set', path: '/n', value: 3 }], ifMatch(stale))), 412);
  assert.equal(await failureOf(item.delete(ifMatch(stale))), 412);
  assert.deepEqual([(await item.read()).resource?.n, (await item.read()).etag], [2, etag]);
  assert.equal((await item.delete(ifMatch(etag))).statusCode, 204);
});

test('If-None-Match: a read of the same version is 304, an upsert with * does not replace', async t => {
  const { ledger } = await startWithClient(t);
  const upsert = () => ledger.items.upsert({ id: 'a', serviceId: 's' }, ifNoneMatch('*'));
  const { etag } = await upsert();
  assert.equal((await ledger.item('a', 's').read(ifNoneMatch(etag))).statusCode, 304);
  assert.equal((await ledger.item('a', 's').read(ifNoneMatch('"another"'))).statusCode, 200);
  assert.equal(await failureOf(upsert()), 412);
});

test('an upsert with If-Match creates an item that is not there, as the service does', async t => {
  const { ledger } = await startWithClient(t);
  assert.equal((await ledger.items.upsert({ id: 'a', serviceId: 's' }, ifMatch('"gone"'))).statusCode, 201);
});

test('of fifty clients replacing the same version exactly one wins', async t => {
  const { ledger } = await startWithClient(t);
  const { etag } = await ledger.items.create({ id: 'a', serviceId: 's', winner: -1 });
  const failures = await Promise.all(
    Array.from({ length: 50 }, (_, winner) =>
      failureOf(ledger.item('a', 's').replace({ id: 'a', serviceId: 's', winner }, ifMatch(etag))),
    ),
  );
  assert.equal(failures.filter(code => code === 412).length, 49);
  const { resource } = await ledger.item('a', 's').read();
  assert.equal(resource.winner, failures.indexOf(undefined));
});

test('of fifty clients creating the same id exactly one wins', async t => {
  const { ledger } = await startWithClient(t);
  const failures = await Promise.all(
    Array.from({ length: 50 }, () => failureOf(ledger.items.create({ id: 'a', serviceId: 's' }))),
  );
  assert.equal(failures.filter(code => code === undefined).length, 1);
  assert.equal(failures.filter(code => code === 409).length, 49);
});

test('an item of more than 2 MB is refused with 413, counted in bytes', async t => {
  const { ledger } = await startWithClient(t);
  const item = (text: string) => ({ id: 'a', serviceId: 's', text });
  assert.equal(await failureOf(ledger.items.create(item('x'.repeat(2_200_000)))), 413);
  assert.equal(await failureOf(ledger.items.create(item('€'.repeat(750_000)))), 413);
  await ledger.items.create(item('x'.repeat(1_900_000)));
  const grow = Array.from({ length: 2 }, (_, n) => ({
    op: 'set' as const,
    path: `/more${n}`,
    value: 'x'.repeat(100_000),
  }));
  assert.equal(await failureOf(ledger.item('a', 's').patch(grow)), 413);
});

test('a partition key that is not the item’s own is refused', async t => {
  const { ledger } = await startWithClient(t);
  await ledger.items.create({ id: 'a', serviceId: 's' });
  assert.equal(await failureOf(ledger.item('a', 's').replace({ id: 'a', serviceId: 'other' })), 400);
  assert.equal(await failureOf(ledger.item('a', 's').replace({ id: 'b', serviceId: 's' })), 400);
});

test('an item past its ttl is gone from reads and queries, and its id is free again', async t => {
  let now = 1_700_000_000_000;
  const { ledger } = await startWithClient(t, { now: () => now });
  await ledger.items.create({ id: 'brief', serviceId: 's', ttl: 10 });
  await ledger.items.create({ id: 'lasting', serviceId: 's' });
  const ids = async () =>
    (await ledger.items.query('SELECT VALUE c.id FROM c', { partitionKey: 's' }).fetchAll()).resources;

  now += 9_000;
  assert.deepEqual(await ids(), ['brief', 'lasting']);
  now += 1_000;
  assert.deepEqual(await ids(), ['lasting']);
  assert.equal((await ledger.item('brief', 's').read()).statusCode, 404);
  assert.equal(await failureOf(ledger.item('brief', 's').delete()), 404);
  assert.equal((await ledger.items.create({ id: 'brief', serviceId: 's' })).statusCode, 201);
});

test('every write starts the time to live anew', async t => {
  let now = 1_700_000_000_000;
  const { ledger } = await startWithClient(t, { now: () => now });
  await ledger.items.create({ id: 'a', serviceId: 's', ttl: 10 });
  now += 9_000;
  await ledger.item('a', 's').patch([{ op: 'set', path: '/touched', value: true }]);
  now += 9_000;
  assert.equal((await ledger.item('a', 's').read()).statusCode, 200);
});

test('without a default in the container, ttl is only a property', async t => {
  let now = 1_700_000_000_000;
  const { catalog } = await startWithClient(t, { now: () => now });
  await catalog.items.create({ id: 'a', pk: 'p', ttl: 10 });
  now += 60_000;
  assert.equal((await catalog.item('a', 'p').read()).statusCode, 200);
});

test('a default of the container counts for items without a ttl, and -1 is never', async t => {
  let now = 1_700_000_000_000;
  const entities = {
    database: 'malote',
    containers: [{ name: 'ledger', partitionKey: '/serviceId', defaultTtlSeconds: 10 }],
  };
  const { ledger } = await startWithClient(t, { now: () => now, entities });
  await ledger.items.create({ id: 'default', serviceId: 's' });
  await ledger.items.create({ id: 'never', serviceId: 's', ttl: -1 });
  now += 10_000;
  assert.equal((await ledger.item('default', 's').read()).statusCode, 404);
  assert.equal((await ledger.item('never', 's').read()).statusCode, 200);
});

test('a ttl that is no positive integer is refused', async t => {
  const { ledger } = await startWithClient(t);
  for (const ttl of [0, -2, 1.5, '10', null]) {
    assert.equal(
      await failureOf(ledger.items.create({ id: 'a', serviceId: 's', ttl: ttl as number })),
      400,
      String(ttl),
    );
  }
});
