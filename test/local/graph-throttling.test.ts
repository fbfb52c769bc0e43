// How the Graph stand-in holds back who asks too much, and what it does wrong when told to.
import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { until } from '../support/until.ts';
import { type CallOptions, useGraph } from './graph-support.ts';

let aheadMs = 0;
const graph = await useGraph({ now: () => Date.now() + aheadMs });
const [ana, bruno] = ['ana@contoso.example', 'bruno@contoso.example'];
graph.addMailbox(ana);
graph.addMailbox(bruno);
const ask = (mailbox = ana, options?: CallOptions) =>
  graph.call('GET', `${mailbox}/mailFolders/inbox`, options);
afterEach(() => {
  graph.faults.clear();
  graph.log.clear();
});

/** Has so many requests arrive before the first of them is answered. */
async function together<T>(count: number, asking: () => Promise<T>[]): Promise<T[]> {
  const arrived = Promise.withResolvers<void>();
  graph.faults.add({ on: 'GET mailFolder', action: 'delay', until: arrived.promise });
  const answers = asking();
  await until(`${count} requests to arrive`, () => graph.log.list().length === count);
  arrived.resolve();
  return Promise.all(answers);
}

test('the fifth request in flight is refused, and asked to come back later', async () => {
  const answers = await together(6, () => Array.from({ length: 6 }, () => ask()));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 429, 429]);
  const refused = answers.find(({ status }) => status === 429)!;
  assert.equal(refused.json.error.code, 'ApplicationThrottled');
  assert.equal(refused.json.error.message, 'Application is over its MailboxConcurrency limit.');
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.equal(graph.log.maxInFlight(ana), 5);
  assert.equal((await ask()).status, 200);
});

test('another mailbox, and another app, are counted for themselves', async () => {
  const token = await graph.appToken({ azp: 'another' });
  const four = (mailbox: string, options?: CallOptions) =>
    Array.from({ length: 4 }, () => ask(mailbox, options));
  const answers = await together(12, () => [...four(ana), ...four(bruno), ...four(ana, { token })]);
  assert.ok(answers.every(({ status }) => status === 200));
  assert.deepEqual([graph.log.maxInFlight(ana), graph.log.maxInFlight(bruno)], [4, 4]);
});

test('four at a time, each after the other, are never too many', async () => {
  const worker = async () => {
    for (let n = 0; n < 25; n += 1) assert.equal((await ask()).status, 200);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  assert.ok(graph.log.maxInFlight(ana) <= 4);
});

test('a client that goes away in the middle does not stay in flight', async () => {
  const gone = Promise.withResolvers<void>();
  graph.faults.add({ on: 'GET mailFolder', action: 'delay', until: gone.promise });
  const token = await graph.appToken();
  const url = `${graph.origin}/v1.0/users/${ana}/mailFolders/inbox`;
  const headers = { authorization: `Bearer ${token}` };
  const leaving = new AbortController();
  const asked = Array.from({ length: 4 }, () => fetch(url, { headers, signal: leaving.signal }));
  await until('all four to be in flight', () => graph.log.list().length === 4);
  leaving.abort();
  await Promise.allSettled(asked);
  graph.faults.clear();
  gone.resolve();
  await until('a place among the four', async () => (await ask()).status === 200);
});

test('a budget of requests is counted for app and mailbox until its window is over', async () => {
  graph.limitRequests({ requests: 2, windowMs: 60_000 });
  aheadMs += 600_000;
  assert.equal((await ask()).status, 200);
  aheadMs += 20_500;
  assert.equal((await ask()).status, 200);
  const refused = await ask();
  assert.deepEqual([refused.status, refused.json.error.code], [429, 'TooManyRequests']);
  assert.equal(refused.headers.get('retry-after'), '40');
  assert.equal((await ask(bruno)).status, 200);
  aheadMs += 40_000;
  assert.equal((await ask()).status, 200);
  graph.limitRequests({ requests: 10_000, windowMs: 600_000 });
});

test('it refuses and throttles as told, one mailbox alone if so told', async () => {
  graph.faults.add({ on: `GET mailFolder ${bruno}`, action: 'refuse', times: 1 });
  graph.faults.add({ on: 'GET mailFolder ', action: 'throttle', delayMs: 7_000, times: 1 });
  const refused = await ask(bruno);
  assert.deepEqual([refused.status, refused.json.error.code], [503, 'ServiceUnavailable']);
  assert.equal(refused.headers.get('retry-after'), null);
  const throttled = await ask();
  assert.deepEqual([throttled.status, throttled.headers.get('retry-after')], [429, '7']);
  assert.equal((await ask()).status, 200);
  assert.deepEqual(
    graph.log.list().map(({ status }) => status),
    [503, 429, 200],
  );
});

test('the genuine client waits and asks again by itself', async () => {
  graph.faults.add({ on: 'GET mailFolder', action: 'throttle', delayMs: 0, times: 1 });
  const inbox = await graph.client().api(`/users/${ana}/mailFolders/inbox`).get();
  assert.equal(inbox.displayName, 'Inbox');
  assert.equal(graph.log.list().length, 2);
});

test('a connection is dropped before a move, or after it', async () => {
  const id = await graph.deliver(ana, 'inbox', 'x');
  const move = () => graph.call('POST', `${ana}/messages/${id}/move`, { body: { destinationId: 'archive' } });
  graph.faults.add({ on: 'POST move', action: 'drop', times: 1 });
  await assert.rejects(move());
  assert.equal(graph.list(ana, 'archive').length, 0);
  graph.faults.add({ on: 'POST move', action: 'dropAfter', times: 1 });
  await assert.rejects(move());
  assert.equal(graph.list(ana, 'archive').length, 1);
});
