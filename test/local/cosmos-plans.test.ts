// How the Cosmos stand-in finds what is asked for: from an index, as the service does, however many items there are.
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Account } from '../../local/cosmos/account.ts';
import { createItem } from '../../local/cosmos/items.ts';
import { runQuery } from '../../local/cosmos/query.ts';
import { openStorage } from '../../local/cosmos/storage.ts';
import { entities, fileNamed, startWithClient } from './cosmos-support.ts';

const partition = '["s"]';

/** A ledger of 500 items; gives what a query finds and SQLite's plan of it. */
function openLedger(t: TestContext) {
  const storage = openStorage(':memory:');
  t.after(() => storage.close());
  const account = new Account(storage, Date.now);
  account.ensure(entities);
  const ledger = account.container(entities.database, 'ledger');
  for (let n = 0; n < 500; n += 1) {
    const item = { id: `${n}`, serviceId: 's', kind: 'mail', at: `${1000 + n}`, terms: ['all', `word-${n}`] };
    createItem(ledger, partition, { ...item, state: n % 10 === 0 ? 'held' : 'published' });
  }
  return (text: string) => {
    const { mock } = t.mock.method(storage, 'prepare');
    const request = { parameters: new Map(), partition, pageSize: 3, continuation: undefined };
    const { documents } = runQuery(ledger, { ...request, text });
    const statement = String(mock.calls.at(-1)?.arguments[0]);
    mock.restore();
    const plan = storage.prepare(`EXPLAIN QUERY PLAN ${statement}`).all();
    return {
      documents: documents.map(text => JSON.parse(text)),
      plan: plan.map(row => row.detail).join('\n'),
    };
  };
}

test('a page in the order of a property is read from its index, and nothing is sorted', t => {
  const explain = openLedger(t);
  for (const [condition, found] of [
    ["c.kind = 'mail'", ['499', '498', '497']],
    ["c.at < '1400'", ['399', '398', '397']],
    ["c.kind = 'mail' AND c.at >= '1100' AND c.at < '1200'", ['199', '198', '197']],
    ["(c.at < '1400' OR (c.at = '1400' AND c.kind > 'mail'))", ['399', '398', '397']],
    ["ARRAY_CONTAINS(c.terms, 'all')", ['499', '498', '497']],
  ] as const) {
    const { documents, plan } = explain(`SELECT VALUE c.id FROM c WHERE ${condition} ORDER BY c.at DESC`);
    assert.deepEqual(documents, found, condition);
    assert.match(plan, /USING INDEX items_2 partition at /, condition);
    assert.doesNotMatch(plan, /TEMP B-TREE/, condition);
  }
});

test('an element of a list is found in an index of the elements', t => {
  const explain = openLedger(t);
  for (const [condition, found] of [
    ["ARRAY_CONTAINS(c.terms, 'word-7')", ['7']],
    ["ARRAY_CONTAINS(c.terms, 'all') AND ARRAY_CONTAINS(c.terms, 'word-7')", ['7']],
    ["(ARRAY_CONTAINS(c.terms, 'word-8') OR ARRAY_CONTAINS(c.terms, 'word-7'))", ['7', '8']],
    ["ARRAY_CONTAINS(c.terms, 'nothing')", []],
  ] as const) {
    const { documents, plan } = explain(`SELECT VALUE c.id FROM c WHERE c.kind = 'mail' AND ${condition}`);
    assert.deepEqual(documents, found, condition);
    assert.match(plan, /SEARCH items_2 elements terms USING PRIMARY KEY \(element=\? AND partition_key=\?\)/);
  }
});

test('a count is answered from one index of all that it compares', t => {
  const explain = openLedger(t);
  const where = "c.serviceId = 's' AND c.kind = 'mail' AND c.state = 'held'";
  const { documents, plan } = explain(`SELECT VALUE COUNT(1) FROM c WHERE ${where}`);
  assert.deepEqual(documents, [50]);
  assert.match(plan, /USING COVERING INDEX items_2 partition count kind,state/);
});

test('the index of a list follows every write, also one that comes to nothing, and a restart', async t => {
  const file = fileNamed('lists');
  const { ledger, close } = await startWithClient(t, { file });
  const find = async (container: typeof ledger, element: string | number) => {
    const query = {
      query: 'SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(c.terms, @element)',
      parameters: [{ name: '@element', value: element }],
    };
    return (await container.items.query<string>(query, { partitionKey: 's' }).fetchAll()).resources;
  };
  const item = (id: string, terms: unknown) => ({ id, serviceId: 's', terms });

  await ledger.items.create(item('before', ['x']));
  assert.deepEqual(await find(ledger, 'x'), ['before']);
  await ledger.items.create(item('twice', ['x', 'x', 4711, null, true, ['y'], { z: 'z' }]));
  await ledger.items.create(item('no-list', '["x"]'));
  await ledger.items.create({ ...item('elsewhere', ['x']), serviceId: 'other' });
  assert.deepEqual(await find(ledger, 'x'), ['before', 'twice']);
  assert.deepEqual(await find(ledger, 4711), ['twice']);
  for (const none of ['4711', 1, 'y', 'z']) assert.deepEqual(await find(ledger, none), [], `${none}`);

  await ledger.item('before', 's').replace(item('before', ['y']));
  await ledger.item('twice', 's').patch([{ op: 'add', path: '/terms/0', value: 'y' }]);
  await ledger.items.upsert(item('no-list', ['x']));
  assert.deepEqual(await find(ledger, 'x'), ['twice', 'no-list']);
  assert.deepEqual(await find(ledger, 'y'), ['before', 'twice']);

  const resourceBody = { id: 'undone', serviceId: 's', terms: ['x'] };
  const create = { operationType: 'Create', resourceBody } as const;
  await ledger.items.batch([create, create], 's');
  await ledger.item('twice', 's').delete();
  assert.deepEqual(await find(ledger, 'x'), ['no-list']);

  await close();
  const again = await startWithClient(t, { file });
  await again.ledger.items.create(item('after', ['x']));
  assert.deepEqual(await find(again.ledger, 'x'), ['no-list', 'after']);
  await again.ledger.delete();
  await again.close();
  const storage = openStorage(file);
  t.after(() => storage.close());
  const left = storage.prepare("SELECT name FROM sqlite_schema WHERE name GLOB 'items_2*'").all();
  assert.deepEqual(left, [], 'a container that is deleted leaves nothing behind');
});
