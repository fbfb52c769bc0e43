import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { dueServices, spread } from '../../../shared/domain/mailbox/cadence.ts';

const start = Date.parse('2026-11-22T10:00:00Z');
const minute = (n: number) => new Date(start + n * 60_000);
const service = (id: string, pollSeconds: number) => ({ id: id as ServiceId, pollSeconds });
const many = (count: number, pollSeconds: number) =>
  Array.from({ length: count }, (_, n) => service(`s${n}`, pollSeconds));
const isDue = (id: string, pollSeconds: number, now: Date) =>
  dueServices([service(id, pollSeconds)], now).length === 1;

test('a service of one minute is due every minute', () => {
  for (let n = 0; n < 90; n++) assert.equal(isDue('a', 60, minute(n)), true);
});

test('an hour lies between two turns of a service that is to be read every hour, never 119 minutes', () => {
  for (const id of ['a', 'b', 'c', 'd']) {
    const turns = Array.from({ length: 10 * 60 }, (_, n) => n).filter(n => isDue(id, 3600, minute(n)));
    assert.equal(turns.length, 10);
    assert.deepEqual(
      turns.map(turn => turn - turns[0]!),
      Array.from({ length: 10 }, (_, n) => n * 60),
    );
  }
});

test('the wait between two turns is what is set in the nearest whole minutes', () => {
  const wanted = [
    [60, 1],
    [89, 1],
    [90, 2],
    [149, 2],
    [150, 3],
    [600, 10],
    [3569, 59],
    [3570, 60],
    [3600, 60],
  ] as const;
  for (const [pollSeconds, minutes] of wanted) {
    const turns = Array.from({ length: 200 }, (_, n) => n).filter(n => isDue('a', pollSeconds, minute(n)));
    const waits = turns.slice(1).map((turn, index) => turn - turns[index]!);
    assert.deepEqual(new Set(waits), new Set([minutes]), `${pollSeconds} s`);
  }
});

test('a tick that comes late in its minute, or twice, finds the same turns in the same order', () => {
  const services = many(1_000, 600);
  assert.deepEqual(
    dueServices(services, minute(3)),
    dueServices(services, new Date(start + 3 * 60_000 + 59_999)),
  );
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

test('ten thousand mailboxes of all paces over a week: none waits too long, no minute is crowded, none is always last', () => {
  const WEEK = 7 * 24 * 60;
  const paces = [60, 61, 75, 89, 90, 119, 150, 300, 330, 600, 777, 900, 1500, 1800, 2700, 3599, 3600];
  const services = Array.from({ length: 10_000 }, (_, n) => {
    // Half of them every hour, the rest of all paces; few every minute, for they would hide a crowd.
    const pollSeconds = n % 2 === 0 ? 3600 : paces[n % 40 === 1 ? n % 7 : 7 + (n % 10)]!;
    return {
      ...service(`${(n * 2_654_435_761).toString(36)}`, pollSeconds),
      last: -1,
      gap: 0,
      turns: 0,
      places: 0,
    };
  });
  const loads: number[] = [];
  const lasts = new Map<ServiceId, number>();
  for (let n = 0; n < WEEK; n++) {
    const due = dueServices(services, minute(n));
    loads.push(due.length);
    due.forEach((each, place) => {
      // What lies before the first turn counts as well.
      each.gap = Math.max(each.gap, n - each.last);
      each.last = n;
      each.turns += 1;
      each.places += place / due.length;
    });
    const { id } = due.at(-1) ?? assert.fail('a minute without turns');
    lasts.set(id, (lasts.get(id) ?? 0) + 1);
  }
  for (const { id, pollSeconds, last, gap, turns, places } of services) {
    const longest = Math.max(gap, WEEK - last) * 60;
    assert.ok(longest <= pollSeconds * 1.5, `${id} waited ${longest} s, ${pollSeconds} s are set`);
    // Place 0 is the first of its minute, 1 the last.
    assert.ok(Math.abs(places / turns - 0.5) < 0.1, `${id} comes on average at ${places / turns}`);
    assert.ok((lasts.get(id) ?? 0) <= turns / 10, `${id} was the last ${lasts.get(id)} times of ${turns}`);
  }
  const mean = loads.reduce((a, b) => a + b) / WEEK;
  assert.ok(
    mean > 200 && Math.max(...loads) < mean * 1.5,
    `${Math.max(...loads)} in a minute, ${mean} on average`,
  );
});

test('a few mailboxes begin at once, and of many no second has much more than its share', () => {
  assert.deepEqual(new Set(spread(many(10, 60)).map(({ afterMs }) => afterMs)), new Set([0]));
  const seconds = spread(many(10_000, 60)).map(({ afterMs }) => Math.floor(afterMs / 1000));
  const counts = Map.groupBy(seconds, second => second);
  assert.equal(counts.size, 50);
  for (const [second, { length }] of counts) assert.ok(length > 130 && length < 270, `${second}: ${length}`);
});

test('a mailbox begins at the same moment of its minute, and those of one minute not together', () => {
  const services = many(6_000, 600);
  const [one, next] = [3, 13].map(n =>
    spread(dueServices(services, minute(n))).map(({ service: { id }, afterMs }) => [id, afterMs] as const),
  );
  assert.deepEqual(new Map(one), new Map(next));
  assert.ok(new Set(one?.map(([, afterMs]) => Math.floor(afterMs / 1000))).size >= 45);
});
