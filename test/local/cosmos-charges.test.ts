// What requests cost at the Cosmos stand-in: the examples that Microsoft publishes, as far as they go.
import assert from 'node:assert/strict';
import test from 'node:test';
import { queryCharge } from '../../local/cosmos/request-charge.ts';
import { failureOf, startWithClient } from './cosmos-support.ts';

/** Near enough: what is published is rounded, and an item carries some bytes of the service's own. */
function assertNear(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

/** An item of a kilobyte with ten indexed terms. */
const item = (id: string, changed = 0) => ({
  id,
  serviceId: 's',
  ...Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`p${n}`, n < 2 ? changed : n])),
  text: 'x'.repeat(600),
});

test('operations on an item of 1 kB cost what the page on consumption says', async t => {
  const { ledger } = await startWithClient(t);
  assertNear((await ledger.items.create(item('a'))).requestCharge, 7, 0.1);
  assertNear((await ledger.item('a', 's').read()).requestCharge, 1, 0.01);
  assertNear((await ledger.item('a', 's').replace(item('a', 1))).requestCharge, 10.8, 0.2);
  const patch = [0, 1].map(n => ({ op: 'set' as const, path: `/p${n}`, value: 2 }));
  assertNear((await ledger.item('a', 's').patch(patch)).requestCharge, 11.6, 0.2);
  assertNear((await ledger.item('a', 's').delete()).requestCharge, 7, 0.1);
  assert.equal(await failureOf(ledger.item('a', 's').delete()), 404);
});

test('an item of 100 kB is read for 10 RU, less than ten of 10 kB', async t => {
  const { ledger } = await startWithClient(t);
  await ledger.items.create({ id: 'a', serviceId: 's', text: 'x'.repeat(100 * 1024) });
  assertNear((await ledger.item('a', 's').read()).requestCharge, 8, 2);
});

test('a batch costs what its operations cost', async t => {
  const { ledger, charges } = await startWithClient(t);
  charges.take();
  const create = (id: string) => ({ operationType: 'Create' as const, resourceBody: item(id) });
  const { result } = await ledger.items.batch([create('a'), create('b')], 's');
  const sum = result?.map(({ requestCharge }) => requestCharge).reduce((a, b) => a + b) ?? 0;
  assertNear(sum, 14, 0.2);
  assertNear(charges.take().get('batch ledger')?.units ?? 0, sum, 0.01);
});

test('queries cost what three published ones did', () => {
  const whole = { isFirst: true };
  assertNear(queryCharge({ ...whole, loadedBytes: 1_125_600, returned: 2_000 }), 604.42, 0.6);
  assertNear(queryCharge({ ...whole, loadedBytes: 9_963, returned: 1 }), 3.19, 0.01);
  assertNear(queryCharge({ ...whole, loadedBytes: 399_998_938, returned: 7 }), 4_059.95, 4);
});

test('the pages of a query cost together what it costs in one', async t => {
  const { ledger } = await startWithClient(t);
  for (let n = 0; n < 30; n++) await ledger.items.create(item(`${n}`));
  const cost = async (maxItemCount: number) => {
    const options = { partitionKey: 's', maxItemCount };
    return (await ledger.items.query('SELECT * FROM c', options).fetchAll()).requestCharge;
  };
  assertNear(await cost(7), await cost(100), 0.1);
  assertNear(await cost(100), 2.8 + 30 * 0.305, 0.2);
});
