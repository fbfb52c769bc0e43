// What the product relies on, asked of the stand-in and - where one is named - of a real account:
//   MALOTE_CONTRACT_COSMOS_ENDPOINT=https://....documents.azure.com/ MALOTE_CONTRACT_COSMOS_KEY=... node --test ...
// It works in a database of its own, which it removes again.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { after, before, describe } from 'node:test';
import { type Container, CosmosClient } from '@azure/cosmos';
import { until } from '../support/until.ts';
import { failureOf, startWithClient } from './cosmos-support.ts';

const { MALOTE_CONTRACT_COSMOS_ENDPOINT: endpoint, MALOTE_CONTRACT_COSMOS_KEY: key } = process.env;

describe('contract with the stand-in', () => {
  contract(async () => {
    const { client, close } = await startWithClient();
    return { client, close };
  });
});

if (endpoint && key) {
  describe(`contract with ${endpoint}`, () => {
    contract(async () => {
      const client = new CosmosClient({ endpoint, key });
      return { client, close: async () => client.dispose() };
    });
  });
} else {
  const why = 'set MALOTE_CONTRACT_COSMOS_ENDPOINT and MALOTE_CONTRACT_COSMOS_KEY to ask a real account';
  test('contract with a real account', { skip: why }, () => {});
}

function contract(open: () => Promise<{ client: CosmosClient; close(): Promise<void> }>): void {
  let container: Container;
  let end: () => Promise<void>;
  /** Each test works in a partition of its own. */
  let s: string;

  before(async () => {
    const { client, close } = await open();
    const { database } = await client.databases.create({ id: `contract-${randomUUID()}` });
    const definition = { id: 'items', partitionKey: { paths: ['/serviceId'] }, defaultTtl: -1 };
    ({ container } = await database.containers.create(definition));
    end = async () => {
      await database.delete();
      await close();
    };
  });
  after(() => end());

  const item = (id: string, more = {}) => ({ id, serviceId: s, ...more });
  const ifMatch = (etag: string) => ({ accessCondition: { type: 'IfMatch', condition: etag } });
  const create = (id: string) => ({ operationType: 'Create' as const, resourceBody: item(id) });
  const promise = (name: string, prove: () => Promise<void>) =>
    test(name, async () => {
      s = `s-${randomUUID()}`;
      await prove();
    });

  async function query(condition: string, values: Record<string, string | number | string[]> = {}) {
    const parameters = Object.entries({ '@s': s, ...values }).map(([name, value]) => ({ name, value }));
    const text = `SELECT VALUE c.id FROM c WHERE c.serviceId = @s AND ${condition}`;
    const spec = { query: text, parameters };
    return (await container.items.query<string>(spec, { partitionKey: s }).fetchAll()).resources;
  }

  promise('create refuses an id that is taken with 409', async () => {
    assert.equal((await container.items.create(item('a'))).statusCode, 201);
    assert.equal(await failureOf(container.items.create(item('a'))), 409);
  });

  promise(
    'a missing item reads as 404 without an error; replace and delete of it fail with 404',
    async () => {
      assert.equal((await container.item('a', s).read()).statusCode, 404);
      assert.equal(await failureOf(container.item('a', s).replace(item('a'))), 404);
      assert.equal(await failureOf(container.item('a', s).delete()), 404);
    },
  );

  promise(
    'of many clients replacing the same version exactly one wins, the others fail with 412',
    async () => {
      const { etag } = await container.items.create(item('a'));
      const failures = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          failureOf(container.item('a', s).replace(item('a', { n }), ifMatch(etag))),
        ),
      );
      assert.equal(failures.filter(code => code === undefined).length, 1);
      assert.equal(failures.filter(code => code === 412).length, 19);
    },
  );

  promise(
    'an upsert creates, replaces, and keeps to If-Match where there is something to match',
    async () => {
      const created = await container.items.upsert(item('a'));
      const replaced = await container.items.upsert(item('a'), ifMatch(created.etag));
      assert.deepEqual([created.statusCode, replaced.statusCode], [201, 200]);
      assert.equal(await failureOf(container.items.upsert(item('a'), ifMatch(created.etag))), 412);
      assert.equal((await container.items.upsert(item('b'), ifMatch(created.etag))).statusCode, 201);
    },
  );

  promise('an upsert with If-None-Match: * does not replace', async () => {
    const absent = { accessCondition: { type: 'IfNoneMatch', condition: '*' } };
    assert.equal((await container.items.upsert(item('a'), absent)).statusCode, 201);
    assert.equal(await failureOf(container.items.upsert(item('a'), absent)), 412);
  });

  promise('a patch changes only what it names, and only when its condition is true', async () => {
    await container.items.create(item('a', { n: 1, kept: true }));
    const add = {
      condition: 'from c where c.n < 2',
      operations: [{ op: 'incr' as const, path: '/n', value: 1 }],
    };
    assert.equal((await container.item('a', s).patch(add)).statusCode, 200);
    assert.equal(await failureOf(container.item('a', s).patch(add)), 412);
    const { n, kept } = (await container.item('a', s).read()).resource;
    assert.deepEqual([n, kept], [2, true]);
  });

  promise('a batch is all or nothing: 207, the culprit by its status, the others by 424', async () => {
    const done = await container.items.batch([create('a'), create('b')], s);
    assert.deepEqual([done.code, done.result?.map(r => r.statusCode)], [200, [201, 201]]);
    const { etag } = await container.item('a', s).read();
    const upsert = { operationType: 'Upsert' as const, resourceBody: item('a', { n: 1 }) };
    const undone = await container.items.batch([upsert, create('c'), create('b'), create('d')], s);
    assert.deepEqual([undone.code, undone.result?.map(r => r.statusCode)], [207, [424, 424, 409, 424]]);
    assert.equal((await container.item('a', s).read()).etag, etag);
    assert.deepEqual((await query('IS_DEFINED(c.id)')).toSorted(), ['a', 'b']);
  });

  promise('a batch of 2 MB is refused as a whole', async () => {
    const heavy = (id: string) => ({
      ...create(id),
      resourceBody: item(id, { text: 'x'.repeat(1_200_000) }),
    });
    assert.equal(await failureOf(container.items.batch([heavy('a'), heavy('b')], s)), 413);
  });

  promise('queries know types, and tell absent from null', async () => {
    const values = { one: 1, text: '1', null: null, absent: undefined, list: ['x', 'y'] };
    for (const [id, v] of Object.entries(values)) await container.items.create(item(id, { v }));
    assert.deepEqual(await query('c.v = 1'), ['one']);
    assert.deepEqual(await query('c.v > 0'), ['one']);
    assert.deepEqual(await query("c.v IN ('1', '2')"), ['text']);
    assert.deepEqual(await query('IS_NULL(c.v)'), ['null']);
    assert.deepEqual(await query('NOT IS_DEFINED(c.v)'), ['absent']);
    assert.deepEqual(await query("ARRAY_CONTAINS(c.v, 'x')"), ['list']);
    assert.deepEqual(await query("NOT (c.v = '2')"), ['text']);
    assert.deepEqual(
      (await query('ARRAY_CONTAINS(@ids, c.id)', { '@ids': ['one', 'text', 'no'] })).toSorted(),
      ['one', 'text'],
    );
  });

  promise('a partition is asked for its own items only', async () => {
    await container.items.create(item('a'));
    await container.items.create({ id: 'b', serviceId: `${s}-other` });
    const { resources } = await container.items
      .query('SELECT VALUE c.id FROM c', { partitionKey: s })
      .fetchAll();
    assert.deepEqual(resources, ['a']);
  });

  promise('COUNT counts', async () => {
    for (let n = 0; n < 3; n++) await container.items.create(item(`i${n}`, { n }));
    const text = 'SELECT VALUE COUNT(1) FROM c WHERE c.n > 0';
    const { resources } = await container.items.query<number>(text, { partitionKey: s }).fetchAll();
    assert.deepEqual(resources, [2]);
  });

  promise('ORDER BY sorts, leaves out items without the property, and pages by token', async () => {
    for (let n = 0; n < 25; n++) await container.items.create(item(`i${(n * 7) % 25}`, { n: (n * 7) % 25 }));
    await container.items.create(item('without'));
    const found: string[] = [];
    let token: string | undefined;
    do {
      const page = await container.items
        .query<string>('SELECT VALUE c.id FROM c ORDER BY c.n DESC', {
          partitionKey: s,
          maxItemCount: 10,
          ...(token === undefined ? {} : { continuationToken: token }),
        })
        .fetchNext();
      found.push(...page.resources);
      token = page.continuationToken;
    } while (token);
    assert.deepEqual(
      found,
      Array.from({ length: 25 }, (_, n) => `i${24 - n}`),
    );
  });

  promise('an item past its ttl is gone', async () => {
    await container.items.create(item('brief', { ttl: 1 }));
    const read = () => container.item('brief', s).read();
    await until('the item to be gone', async () => (await read()).statusCode === 404);
    assert.deepEqual(await query('IS_DEFINED(c.id)'), []);
  });
}
