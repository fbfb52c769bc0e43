// What is refused together is halved until the culprits are alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isolate } from '../../shared/domain/isolate.ts';

/** A store that refuses every group with one of these items in it, and what it was asked for. */
function refusing(...culprits: number[]) {
  const asked: number[][] = [];
  const attempt = async (items: number[]) => {
    asked.push(items);
    const found = items.find(item => culprits.includes(item));
    return found === undefined ? { result: items.length } : { refusal: found };
  };
  return { asked, attempt };
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

test('without a culprit each group is asked for once', async () => {
  const { asked, attempt } = refusing();
  const outcomes = await Array.fromAsync(isolate([[1, 2], [3]], attempt));
  assert.deepEqual(outcomes, [
    { items: [1, 2], result: 2 },
    { items: [3], result: 1 },
  ]);
  assert.equal(asked.length, 2);
});

test('one culprit of a hundred is found in few questions, and all others go through, in their order', async () => {
  const { asked, attempt } = refusing(63);
  const outcomes = await Array.fromAsync(isolate([upTo(100)], attempt));
  assert.deepEqual(
    outcomes.flatMap(({ items }) => items),
    upTo(100),
  );
  assert.deepEqual(
    outcomes.filter(outcome => 'refusal' in outcome),
    [{ items: [63], refusal: 63 }],
  );
  // Two for each of the seven times that a hundred can be halved, and the whole.
  assert.ok(asked.length <= 15);
});

test('where everything is refused each item is refused for itself', async () => {
  const { attempt } = refusing(...upTo(5));
  const outcomes = await Array.fromAsync(isolate([upTo(3), [4, 5]], attempt));
  assert.deepEqual(
    outcomes,
    upTo(5).map(item => ({ items: [item], refusal: item })),
  );
});

test('whoever has seen enough asks for nothing more', async () => {
  const { asked, attempt } = refusing(...upTo(8));
  for await (const outcome of isolate([upTo(8)], attempt)) if ('refusal' in outcome) break;
  assert.deepEqual(asked, [upTo(8), [1, 2, 3, 4], [1, 2], [1]]);
});

test('what an attempt throws ends it, and nothing more is tried', async () => {
  const asked: number[][] = [];
  const failing = async (items: number[]) => {
    asked.push(items);
    throw new Error('The connection broke.');
  };
  await assert.rejects(Array.fromAsync(isolate([[1, 2], [3]], failing)), /broke/);
  assert.deepEqual(asked, [[1, 2]]);
});

test('nothing comes of nothing', async () => {
  assert.deepEqual(await Array.fromAsync(isolate([], refusing().attempt)), []);
});
