// The index of a container at the Cosmos stand-in: what is not in it is not asked for, and costs nothing to write.
import assert from 'node:assert/strict';
import test from 'node:test';
import infra from '../../infra/entities.json' with { type: 'json' };
import { entities, startWithClient } from './cosmos-support.ts';

const withIndex = {
  ...entities,
  containers: [
    entities.containers[0]!,
    {
      ...entities.containers[1]!,
      indexedPaths: ['/serviceId/?', '/at/?', '/answer/day/?', '/terms/[]/?', '/announcements/*'],
    },
  ],
};
const item = {
  id: 'a',
  serviceId: 's',
  at: '1',
  answer: { day: '2' },
  terms: ['x'],
  announcements: [{ n: 1 }],
};

test('a query on what is indexed is answered: a value, one inside, one of a list, and all below', async t => {
  const { ledger } = await startWithClient(t, { entities: withIndex });
  await ledger.items.create(item);
  for (const condition of [
    "c.serviceId = 's' AND c.id = 'a'",
    "c.at > '0' ORDER BY c.at",
    "c.answer.day = '2'",
    "ARRAY_CONTAINS(c.terms, 'x')",
    'IS_DEFINED(c.announcements)',
    "LOWER(c.at) = '1'",
  ]) {
    const query = `SELECT VALUE c.id FROM c WHERE ${condition}`;
    const { resources } = await ledger.items.query(query, { partitionKey: 's' }).fetchAll();
    assert.deepEqual(resources, ['a'], condition);
  }
});

test('a query on what is not indexed is refused, and told what to add', async t => {
  const { ledger } = await startWithClient(t, { entities: withIndex });
  for (const [condition, path] of [
    ["c.subject = 'x'", '/subject'],
    ["c.at > '0' AND (c.at < '9' OR NOT IS_DEFINED(c.answer))", '/answer'],
    ["CONTAINS(c.subject, 'x')", '/subject'],
    ["LOWER(c.subject) = 'x'", '/subject'],
    ["c.day IN ('x')", '/day'],
    ["c.at > '0' ORDER BY c.receivedAt", '/receivedAt'],
  ] as const) {
    const query = `SELECT * FROM c WHERE ${condition}`;
    await assert.rejects(ledger.items.query(query, { partitionKey: 's' }).fetchAll(), (error: Error) => {
      assert.match(error.message, new RegExp(`'ledger' has no index of ${path}: add "${path}/\\?"`));
      return true;
    });
  }
});

test('what is not indexed costs nothing more to write', async t => {
  const { ledger } = await startWithClient(t, { entities: withIndex });
  const { ledger: indexedWhole } = await startWithClient(t);
  const many = { ...item, ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`p${n}`, n])) };
  const [few, all] = [await ledger.items.create(many), await indexedWhole.items.create(many)];
  assert.ok(
    Math.abs(all.requestCharge - few.requestCharge - 20 * 0.2) < 0.01,
    `${all.requestCharge} ${few.requestCharge}`,
  );
});

test('every container of the deployment has an index of its partition key, and no path twice', () => {
  for (const { name, partitionKey, indexedPaths } of infra.cosmos.containers) {
    assert.ok(indexedPaths.includes(`${partitionKey}/?`), name);
    assert.equal(new Set(indexedPaths).size, indexedPaths.length, name);
    for (const path of indexedPaths) assert.match(path, /^(\/\w+)+(\/\[\])?\/(\?|\*)$/, `${name}: ${path}`);
  }
});
