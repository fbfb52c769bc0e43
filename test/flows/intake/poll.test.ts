// The tick: whom it asks for, for when, and how many of them in a second.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Bus, FetchMessage } from '../../../shared/azure/bus.ts';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { enqueueDueMailboxes } from '../../../shared/flows/intake/poll.ts';
import { createLog } from '../../../shared/log.ts';

const minute = new Date('2026-11-22T10:00:00Z');
const now = new Date('2026-11-22T10:00:01.500Z');

/** What a tick sends for so many mailboxes, and after how many milliseconds of its own. */
async function tick(t: TestContext, count: number): Promise<{ afterMs: number; messages: FetchMessage[] }[]> {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const sent: { afterMs: number; messages: FetchMessage[] }[] = [];
  const sendFetches = async (messages: FetchMessage[]) => {
    sent.push({ afterMs: Date.now(), messages });
  };
  const services = Array.from({ length: count }, (_, n) => ({
    id: `s${n}` as ServiceId,
    pollSeconds: 60,
    address: '',
  }));
  const clients = { readActiveServices: async () => services, bus: { sendFetches } as unknown as Bus };
  let isOver = false;
  const ticking = enqueueDueMailboxes(
    clients,
    now,
    createLog(() => {}),
  ).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await turn();
    if (!isOver) t.mock.timers.tick(100);
  }
  await ticking;
  return sent;
}

test('a few mailboxes are asked for at once', async t => {
  const [first, ...more] = await tick(t, 10);
  assert.equal(more.length, 0);
  assert.equal(first?.messages.length, 10);
  assert.ok(first.messages.every(({ notBefore }) => notBefore === undefined));
});

test('many are asked for once each, in the order in which they begin, within their minute', async t => {
  const messages = (await tick(t, 1_200)).flatMap(each => each.messages);
  assert.equal(new Set(messages.map(({ messageId }) => messageId)).size, 1_200);
  assert.ok(messages.every(({ messageId }) => messageId.endsWith(':tick:2026-11-22T10:00')));
  const begins = messages.map(({ notBefore = minute }) => notBefore.getTime() - minute.getTime());
  assert.deepEqual(
    begins,
    begins.toSorted((one, other) => one - other),
  );
  assert.ok(begins.every(afterMs => afterMs >= 0 && afterMs < 50_000));
});

test('no second is asked to take more than half of what the bus takes in one', async t => {
  const sent = await tick(t, 1_200);
  assert.deepEqual(
    sent.map(({ messages }) => messages.length),
    [500, 500, 200],
  );
  const [one = 0, two = 0, three = 0] = sent.map(({ afterMs }) => afterMs);
  assert.ok(two - one >= 1_000 && three - two >= 1_000);
});
