// Intervals, against figures that were worked out elsewhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mean, netScore, share } from '../../../shared/domain/survey/statistics.ts';

test('a share has the interval of Wilson', () => {
  assert.deepEqual(share(8, 10), { value: 80, low: 49.02, high: 94.33 });
  assert.deepEqual(share(45, 50), { value: 90, low: 78.64, high: 95.65 });
  assert.deepEqual(share(100, 100), { value: 100, low: 96.3, high: 100 });
  assert.deepEqual(share(0, 10), { value: 0, low: 0, high: 27.75 });
});

test('a net score has the interval of a difference, and stays within what it can be', () => {
  assert.deepEqual(netScore(50, 20, 100), { value: 30, low: 14.69, high: 45.31 });
  assert.deepEqual(netScore(20, 50, 100), { value: -30, low: -45.31, high: -14.69 });
  assert.deepEqual(netScore(9, 1, 10), { value: 80, low: 42.81, high: 100 });
  assert.deepEqual(netScore(1, 9, 10), { value: -80, low: -100, high: -42.81 });
});

test('a mean has the normal interval of its sample, and a single answer has none', () => {
  const counts = [
    [4, 1],
    [5, 2],
    [6, 1],
  ] as const;
  // Deviation of 4, 5, 5, 6 is 0.8165; 1.96 of its half is 0.80.
  assert.deepEqual(mean(counts, [1, 7]), { value: 5, low: 4.2, high: 5.8 });
  assert.deepEqual(mean([[7, 1]], [1, 7]), { value: 7, low: null, high: null });
  assert.deepEqual(
    mean(
      [
        [1, 1],
        [7, 1],
      ],
      [1, 7],
    ),
    { value: 4, low: 1, high: 7 },
  );
});

test('of no answers there is nothing to say', () => {
  const nothing = { value: null, low: null, high: null };
  assert.deepEqual(share(0, 0), nothing);
  assert.deepEqual(netScore(0, 0, 0), nothing);
  assert.deepEqual(mean([], [1, 7]), nothing);
});
