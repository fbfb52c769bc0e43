// Bytes that are taken before they come: never more than there are, in turn, and a share that is too large alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Budget } from '../shared/budget.ts';

const never = new AbortController().signal;

test('what was taken is not there for others, and is there again when it was given back', () => {
  const budget = new Budget(10);
  const share = budget.tryTake(7) ?? assert.fail();
  assert.equal(budget.tryTake(4), undefined);
  assert.ok(budget.tryTake(3));
  share.giveBack();
  share.giveBack();
  assert.ok(budget.tryTake(7));
  assert.equal(budget.tryTake(1), undefined);
});

test('who asks for more than there is at all gets all, when nobody else has any', async () => {
  const budget = new Budget(10);
  const small = budget.tryTake(1) ?? assert.fail();
  const large = budget.take(1_000, never);
  assert.equal(budget.tryTake(1), undefined, 'somebody came before who waits');
  small.giveBack();
  const all = (await large) ?? assert.fail();
  assert.ok(all.isAll);
  assert.ok(all.growTo(2_000));
  assert.equal(budget.tryTake(1), undefined);
});

test('those who wait are served in turn, the small behind the large', async () => {
  const budget = new Budget(10);
  const first = budget.tryTake(10) ?? assert.fail();
  const served: string[] = [];
  const wait = async (name: string, bytes: number) => {
    const share = await budget.take(bytes, never);
    served.push(name);
    return share;
  };
  const large = wait('large', 9);
  const small = wait('small', 2);
  first.giveBack();
  (await large)?.giveBack();
  await small;
  assert.deepEqual(served, ['large', 'small']);
});

test('who has waited for long goes without, and lets those behind him pass', async () => {
  const budget = new Budget(10);
  budget.tryTake(5);
  const leaving = new AbortController();
  const large = budget.take(9, leaving.signal);
  const small = budget.take(5, never);
  leaving.abort();
  assert.equal(await large, undefined);
  assert.ok(await small);
  assert.equal(await budget.take(1, AbortSignal.abort()), undefined);
});

test('a share grows by what is free, and gives all of it back', () => {
  const budget = new Budget(10);
  const share = budget.tryTake(2) ?? assert.fail();
  const other = budget.tryTake(5) ?? assert.fail();
  assert.equal(share.growTo(6), false);
  assert.equal(share.growTo(5), true);
  assert.equal(share.growTo(1), true);
  assert.equal(budget.tryTake(1), undefined);
  other.giveBack();
  share.giveBack();
  assert.ok(budget.tryTake(10));
});
