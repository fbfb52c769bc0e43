import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { type Bus, briefly, impatient, openBus, waits } from './service-bus-fixture.ts';

const lockMs = 30_000;

let bus: Bus;

before(async () => {
  const names =
    'basic order abandon defer dead lapse worn delete many schedule peek size batch drain renew handler';
  const queues = names.split(' ').map(name => ({ name, lockDuration: 'PT30S', maxDeliveryCount: 3 }));
  bus = await openBus({
    queues: [
      ...queues,
      { name: 'expires', defaultMessageTimeToLive: 'PT1H' },
      { name: 'expires-to-dead', defaultMessageTimeToLive: 'PT1H', deadLetteringOnMessageExpiration: true },
      { name: 'once', requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: 'PT10M' },
    ],
  });
});

after(() => bus.close());

async function send(queue: string, ...bodies: unknown[]): Promise<void> {
  await bus.client.createSender(queue).sendMessages(bodies.map(body => ({ body })));
}

async function receiveOne(queue: string): Promise<ServiceBusReceivedMessage> {
  const [message] = await bus.client.createReceiver(queue).receiveMessages(1, waits);
  assert.ok(message, `a message in ${queue}`);
  return message;
}

async function drainBodies(queue: string, subQueueType?: 'deadLetter'): Promise<unknown[]> {
  const options = { receiveMode: 'receiveAndDelete', ...(subQueueType && { subQueueType }) } as const;
  const messages = await bus.drain(client => client.createReceiver(queue, options));
  return messages.map(message => message.body);
}

test('a message arrives as it was sent, and is gone when completed', async () => {
  const sentAt = Date.now();
  await bus.client.createSender('basic').sendMessages({
    body: { text: 'São Paulo', n: 1 },
    messageId: 'id-1',
    correlationId: 'correlation',
    subject: 'subject',
    contentType: 'application/json',
    applicationProperties: { word: 'á', number: 7, fraction: 1.5, flag: true },
  });
  const receiver = bus.client.createReceiver('basic');
  const [message] = await receiver.receiveMessages(1, waits);
  assert.ok(message);
  assert.deepEqual(message.body, { text: 'São Paulo', n: 1 });
  assert.equal(message.messageId, 'id-1');
  assert.equal(message.correlationId, 'correlation');
  assert.equal(message.subject, 'subject');
  assert.equal(message.contentType, 'application/json');
  assert.deepEqual(message.applicationProperties, { word: 'á', number: 7, fraction: 1.5, flag: true });
  assert.equal(message.deliveryCount, 0);
  assert.ok(Math.abs(Number(message.enqueuedTimeUtc) - sentAt) < 2000);
  assert.ok(Math.abs(Number(message.lockedUntilUtc) - sentAt - lockMs) < 2000);
  await receiver.completeMessage(message);
  assert.deepEqual(await receiver.peekMessages(10), []);
  await receiver.close();
});

test('messages come in the order they were sent', async () => {
  await send('order', 1, 2, 3);
  await send('order', 4);
  assert.deepEqual(await drainBodies('order'), [1, 2, 3, 4]);
});

test('a message without an id is given one', async () => {
  await send('basic', 'nameless');
  const message = await receiveOne('basic');
  assert.match(String(message.messageId), /^[0-9a-f]{32}$/);
});

test('an abandoned message comes back at once, first, with its delivery counted and its properties changed', async () => {
  await send('abandon', 'first', 'second');
  const receiver = bus.client.createReceiver('abandon');
  const [first] = await receiver.receiveMessages(1, waits);
  assert.ok(first);
  await receiver.abandonMessage(first, { tried: 'yes' });
  const [again] = await receiver.receiveMessages(1, waits);
  assert.equal(again?.body, 'first');
  assert.equal(again?.deliveryCount, 1);
  assert.deepEqual(again?.applicationProperties, { tried: 'yes' });
  assert.ok(first.sequenceNumber?.equals(again?.sequenceNumber ?? 0));
  await receiver.close();
});

test('a deferred message is received only by its number', async () => {
  await send('defer', 'later', 'now');
  const receiver = bus.client.createReceiver('defer');
  const messages = await receiver.receiveMessages(2, waits);
  const [later, now] = messages;
  assert.ok(later?.sequenceNumber && now);
  await receiver.deferMessage(later);
  await receiver.completeMessage(now);
  assert.deepEqual(await receiver.receiveMessages(1, briefly), []);
  assert.equal((await receiver.peekMessages(5))[0]?.state, 'deferred');

  const [deferred] = await receiver.receiveDeferredMessages(later.sequenceNumber);
  assert.equal(deferred?.body, 'later');
  await assert.rejects(receiver.receiveDeferredMessages(later.sequenceNumber), { code: 'MessageNotFound' });
  await receiver.renewMessageLock(deferred);
  await receiver.completeMessage(deferred);
  assert.deepEqual(await receiver.peekMessages(5), []);
  await receiver.close();
});

test('a dead-lettered message is in the dead-letter queue with reason and description, and stays out of the queue', async () => {
  await send('dead', 'spoilt');
  const receiver = bus.client.createReceiver('dead');
  const [message] = await receiver.receiveMessages(1, waits);
  assert.ok(message);
  await receiver.deadLetterMessage(message, {
    deadLetterReason: 'unreadable',
    deadLetterErrorDescription: 'not JSON',
    extra: 1,
  });
  assert.deepEqual(await receiver.receiveMessages(1, briefly), []);
  const dead = bus.client.createReceiver('dead', { subQueueType: 'deadLetter' });
  const [found] = await dead.receiveMessages(1, waits);
  assert.ok(found);
  assert.equal(found.body, 'spoilt');
  assert.equal(found.deadLetterReason, 'unreadable');
  assert.equal(found.deadLetterErrorDescription, 'not JSON');
  assert.equal(found.applicationProperties?.extra, 1);
  await dead.completeMessage(found);
  assert.deepEqual(await dead.peekMessages(1), []);
  await receiver.close();
  await dead.close();
});

test('a message whose lock ran out comes back, and the old lock is lost', async () => {
  await send('lapse', 'slow');
  const receiver = bus.client.createReceiver('lapse', { maxAutoLockRenewalDurationInMs: 0 });
  const [slow] = await receiver.receiveMessages(1, waits);
  assert.ok(slow);
  bus.advance(lockMs);
  const [again] = await receiver.receiveMessages(1, waits);
  assert.equal(again?.deliveryCount, 1);
  await assert.rejects(receiver.completeMessage(slow), { code: 'MessageLockLost' });
  await assert.rejects(receiver.renewMessageLock(slow), { code: 'MessageLockLost' });
  await receiver.completeMessage(again);
  await receiver.close();
});

test('a renewed lock outlives its first term', async () => {
  await send('renew', 'long work');
  const receiver = bus.client.createReceiver('renew', { maxAutoLockRenewalDurationInMs: 0 });
  const [message] = await receiver.receiveMessages(1, waits);
  assert.ok(message?.lockedUntilUtc);
  const firstEnd = message.lockedUntilUtc;
  bus.advance(lockMs - 5000);
  assert.ok((await receiver.renewMessageLock(message)) > firstEnd);
  bus.advance(lockMs - 5000);
  await receiver.completeMessage(message);
  assert.deepEqual(await receiver.peekMessages(1), []);
  await receiver.close();
});

test('after the maximum of deliveries a message is dead-lettered', async () => {
  await send('worn', 'poison');
  const receiver = bus.client.createReceiver('worn', { maxAutoLockRenewalDurationInMs: 0 });
  for (const expected of [0, 1, 2]) {
    const [message] = await receiver.receiveMessages(1, waits);
    assert.equal(message?.deliveryCount, expected);
    if (expected === 1) bus.advance(lockMs);
    else await receiver.abandonMessage(message);
  }
  assert.deepEqual(await receiver.receiveMessages(1, briefly), []);
  const dead = bus.client.createReceiver('worn', { subQueueType: 'deadLetter' });
  const [message] = await dead.receiveMessages(1, waits);
  assert.equal(message?.deadLetterReason, 'MaxDeliveryCountExceeded');
  assert.equal(message?.deliveryCount, 3);
  await receiver.close();
  await dead.close();
});

for (const receiveMode of ['receiveAndDelete', 'peekLock'] as const) {
  test(`one receiver gets more messages than a session buffers, in order: ${receiveMode}`, async () => {
    const count = 2200;
    const sender = bus.client.createSender('many');
    for (let from = 0; from < count; from += 100) {
      await sender.sendMessages(Array.from({ length: 100 }, (_, i) => ({ body: from + i })));
    }
    const receiver = bus.client.createReceiver('many', { receiveMode });
    const bodies: unknown[] = [];
    while (bodies.length < count) {
      const messages = await receiver.receiveMessages(Math.min(500, count - bodies.length), waits);
      assert.ok(messages.length > 0);
      bodies.push(...messages.map(message => message.body));
      if (receiveMode === 'peekLock') {
        await Promise.all(messages.map(message => receiver.completeMessage(message)));
      }
    }
    assert.deepEqual(
      bodies,
      Array.from({ length: count }, (_, i) => i),
    );
    assert.deepEqual(await receiver.peekMessages(1), []);
    await receiver.close();
  });
}

test('an expired message is dropped, or dead-lettered where the queue says so', async () => {
  await send('expires', 'stale');
  await send('expires-to-dead', 'stale');
  bus.advance(3_600_000);
  assert.deepEqual(await drainBodies('expires'), []);
  assert.deepEqual(await drainBodies('expires', 'deadLetter'), []);
  const dead = bus.client.createReceiver('expires-to-dead', { subQueueType: 'deadLetter' });
  const [message] = await dead.receiveMessages(1, waits);
  assert.equal(message?.deadLetterReason, 'TTLExpiredException');
  await dead.close();
});

test("a message's own time to live counts when it is shorter than the queue's", async () => {
  const sender = bus.client.createSender('expires');
  await sender.sendMessages([
    { body: 'short', timeToLive: 60_000 },
    { body: 'long', timeToLive: 86_400_000 },
  ]);
  bus.advance(60_000);
  const deletes = { receiveMode: 'receiveAndDelete' } as const;
  const messages = await bus.drain(client => client.createReceiver('expires', deletes));
  assert.deepEqual(
    messages.map(({ body, timeToLive }) => ({ body, timeToLive })),
    [{ body: 'long', timeToLive: 3_600_000 }],
  );
});

test('a repeated message id is dropped silently within the window and accepted after it', async () => {
  const sender = bus.client.createSender('once');
  await sender.sendMessages({ body: 'a', messageId: 'a' });
  await sender.sendMessages({ body: 'a again', messageId: 'a' });
  await sender.sendMessages([
    { body: 'b', messageId: 'b' },
    { body: 'b again', messageId: 'b' },
  ]);
  assert.deepEqual(await drainBodies('once'), ['a', 'b']);
  await sender.sendMessages({ body: 'a after completion', messageId: 'a' });
  assert.deepEqual(await drainBodies('once'), []);
  bus.advance(600_000);
  await sender.sendMessages({ body: 'a much later', messageId: 'a' });
  assert.deepEqual(await drainBodies('once'), ['a much later']);
});

test('scheduled messages enter at their time, in the order of their times, and can be taken back', async () => {
  const sender = bus.client.createSender('schedule');
  const receiver = bus.client.createReceiver('schedule', { receiveMode: 'receiveAndDelete' });
  const inMinutes = (minutes: number) => new Date(Date.now() + 86_400_000 + minutes * 60_000);
  await sender.scheduleMessages({ body: 'second' }, inMinutes(2));
  const [, cancelled] = await sender.scheduleMessages([{ body: 'first' }, { body: 'never' }], inMinutes(1));
  await sender.sendMessages({ body: 'third', scheduledEnqueueTimeUtc: inMinutes(3) });
  assert.ok(cancelled);
  await sender.cancelScheduledMessages(cancelled);
  await assert.rejects(sender.cancelScheduledMessages(cancelled), { code: 'MessageNotFound' });
  assert.deepEqual(await receiver.receiveMessages(5, briefly), []);
  assert.deepEqual(
    (await receiver.peekMessages(5)).map(message => message.state),
    ['scheduled', 'scheduled', 'scheduled'],
  );
  bus.advance(86_400_000 + 240_000);
  const bodies: unknown[] = [];
  while (bodies.length < 3) {
    const messages = await receiver.receiveMessages(3 - bodies.length, waits);
    assert.ok(messages.length > 0);
    bodies.push(...messages.map(message => message.body));
  }
  assert.deepEqual(bodies, ['first', 'second', 'third']);
  await receiver.close();
});

test('peeking shows messages in order from a number on and changes nothing', async () => {
  await send('peek', 1, 2, 3);
  const receiver = bus.client.createReceiver('peek');
  const [first, second] = await receiver.peekMessages(2);
  assert.deepEqual([first?.body, second?.body, first?.deliveryCount], [1, 2, 0]);
  assert.ok(second?.sequenceNumber);
  assert.deepEqual(
    (await receiver.peekMessages(5)).map(message => message.body),
    [3],
  );
  const again = await receiver.peekMessages(5, { fromSequenceNumber: second.sequenceNumber });
  assert.deepEqual(
    again.map(message => message.body),
    [2, 3],
  );
  await receiver.close();
  assert.deepEqual(await drainBodies('peek'), [1, 2, 3]);
});

test('a message over 256 kB is refused, and a batch fills up to that size', async () => {
  const sender = bus.client.createSender('size');
  await assert.rejects(sender.sendMessages({ body: 'x'.repeat(262_144) }), { code: 'MessageSizeExceeded' });
  await sender.sendMessages({ body: 'x'.repeat(261_000) });
  const batch = await sender.createMessageBatch();
  assert.equal(batch.maxSizeInBytes, 262_144);
  let count = 0;
  while (batch.tryAddMessage({ body: 'y'.repeat(10_000) })) count++;
  assert.equal(count, 26);
  await sender.sendMessages(batch);
  const bodies = await drainBodies('size');
  assert.equal(bodies.length, 27);
});

test('receiving answers as soon as the wait is over, however often, with what is there', async () => {
  const receiver = bus.client.createReceiver('drain');
  for (let round = 0; round < 3; round++) {
    await send('drain', round, round);
    const messages = await receiver.receiveMessages(5, { maxWaitTimeInMs: 700 });
    assert.equal(messages.length, 2);
    await Promise.all(messages.map(message => receiver.completeMessage(message)));
  }
  await receiver.close();
});

test('two receivers share the work, and no message is handed out twice', async () => {
  const receivers = [bus.client.createReceiver('batch'), bus.client.createReceiver('batch')];
  const receiving = receivers.map(receiver => receiver.receiveMessages(20, waits));
  await send('batch', ...Array.from({ length: 40 }, (_, i) => i));
  const received = await Promise.all(receiving);
  assert.deepEqual(
    received.map(messages => messages.length),
    [20, 20],
  );
  assert.equal(new Set(received.flat().map(message => message.body)).size, 40);
  await Promise.all(receivers.map(receiver => receiver.close()));
});

test('a receiver holds no more messages than it asked for', async () => {
  await send('batch', 'one', 'two');
  const receivers = [bus.client.createReceiver('batch'), bus.client.createReceiver('batch')];
  for (const [index, body] of ['one', 'two'].entries()) {
    const [message] = (await receivers[index]?.receiveMessages(1, waits)) ?? [];
    assert.equal(message?.body, body);
  }
  await Promise.all(receivers.map(receiver => receiver.close()));
});

test('a handler that throws abandons its message and gets it again; the rest is completed', async () => {
  await send('handler', ...Array.from({ length: 50 }, (_, i) => i));
  const receiver = bus.client.createReceiver('handler');
  const seen: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    receiver.subscribe(
      {
        processMessage: async message => {
          if (message.body === 5 && message.deliveryCount === 0) throw new Error('once');
          seen.push(message.body);
          if (seen.length === 50) resolve();
        },
        processError: async ({ error, errorSource }) => {
          if (errorSource !== 'processMessageCallback') reject(error);
        },
      },
      { maxConcurrentCalls: 10 },
    );
  });
  await receiver.close();
  assert.equal(new Set(seen).size, 50);
});

test('what does not exist is refused by name', async () => {
  const missing = { code: 'MessagingEntityNotFound' };
  await assert.rejects(bus.client.createSender('nowhere').sendMessages({ body: 1 }), missing);
  await assert.rejects(bus.client.createReceiver('nowhere').receiveMessages(1, briefly), missing);
  await assert.rejects(bus.client.createReceiver('nowhere').peekMessages(1), missing);
});

test('sessions are refused', async () => {
  await assert.rejects(bus.client.acceptNextSession('basic'), /Sessions are not supported/);
});

test('a wrong key is refused', async () => {
  const wrong = bus.server.connectionString.replace(/SharedAccessKey=[^;]+/, 'SharedAccessKey=wrong');
  const client = new ServiceBusClient(wrong, impatient);
  await assert.rejects(client.createSender('basic').sendMessages({ body: 1 }), {
    code: 'UnauthorizedAccess',
  });
  await client.close();
});

test('an entity property that is not supported is refused at start', async () => {
  const entity = { name: 'q', requiresSession: true };
  await assert.rejects(openBus({ queues: [entity] }), /"requiresSession" of "q" is not supported/);
});
