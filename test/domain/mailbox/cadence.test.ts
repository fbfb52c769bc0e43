import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { dueServices } from '../../../shared/domain/mailbox/cadence.ts';

const start = Date.parse('2026-11-22T10:00:00Z');
const minute = (n: number) => new Date(start + n * 60_000);
const service = (id: string, pollSeconds: number) => ({ id: id as ServiceId, pollSeconds });
const many = (count: number, pollSeconds: number) =>
  Array.from({ length: count }, (_, n) => service(`s${n}`, pollSeconds));

test('a service of one minute is due every minute', () => {
  for (let n = 0; n < 90; n++) assert.equal(dueServices([service('a', 60)], minute(n)).length, 1);
});

test('a service is due once in each of its periods within an hour', () => {
  for (const id of ['a', 'b', 'c', 'd']) {
    const due = Array.from({ length: 60 }, (_, n) => dueServices([service(id, 600)], minute(n)).length);
    for (let period = 0; period < 6; period++) {
      assert.equal(
        due.slice(period * 10, period * 10 + 10).reduce((a, b) => a + b),
        1,
        id,
      );
    }
  }
});

test('ten thousand mailboxes do not start together', () => {
  const counts = Array.from({ length: 60 }, (_, n) => dueServices(many(10_000, 3600), minute(n)).length);
  assert.equal(
    counts.reduce((a, b) => a + b),
    10_000,
  );
  assert.ok(Math.max(...counts) < 250, `busiest minute has ${Math.max(...counts)}`);
});

test('who is last changes with the hour', () => {
  const order = (hour: number) => dueServices(many(50, 60), minute(hour * 60)).map(({ id }) => id);
  assert.notDeepEqual(order(0), order(1));
  assert.deepEqual(order(0).toSorted(), order(1).toSorted());
});
