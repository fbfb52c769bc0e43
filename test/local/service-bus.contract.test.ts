// What Malote relies on of Service Bus, asked of the stand-in and, when it is named, of a real namespace.
//
// MALOTE_CONTRACT_SERVICE_BUS is the connection string of a namespace deployed from infra/entities.json that nothing else
// uses: its messages are received and deleted.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import infra from '../../infra/entities.json' with { type: 'json' };
import { type ServiceBus, startServiceBus } from '../../local/service-bus/server.ts';
import { patienceMs } from '../support/until.ts';

const realNamespace = process.env.MALOTE_CONTRACT_SERVICE_BUS;
const queue = 'fetch-mailbox';
const topic = 'mail-events';
const subscription = 'platform';
const retryOptions = { maxRetries: 0, timeoutInMs: patienceMs };

/** `quietMs`: how long to wait before believing that nothing comes. */
type Side = { connect(): Promise<string>; end(): Promise<void>; quietMs: number };

function standIn(): Side {
  let bus: ServiceBus;
  return {
    connect: async () => {
      bus = await startServiceBus({ port: 0, entities: infra.serviceBus });
      return bus.connectionString;
    },
    end: () => bus.close(),
    quietMs: 100,
  };
}

function real(connectionString: string): Side {
  return { connect: async () => connectionString, end: async () => undefined, quietMs: 5000 };
}

describe('the stand-in', () => contract(standIn()));

if (realNamespace) {
  describe('a real namespace', () => contract(real(realNamespace)));
} else {
  const skip = 'MALOTE_CONTRACT_SERVICE_BUS is not set: nothing was compared with Azure';
  test('a real namespace', { skip }, () => undefined);
}

function contract(side: Side): void {
  let connectionString: string;
  let client: ServiceBusClient;
  let receiver: ServiceBusReceiver;

  before(async () => {
    connectionString = await side.connect();
    client = new ServiceBusClient(connectionString, { retryOptions });
    receiver = client.createReceiver(queue);
    const deletes = { receiveMode: 'receiveAndDelete' } as const;
    await empty(client.createReceiver(queue, deletes));
    await empty(client.createReceiver(queue, { ...deletes, subQueueType: 'deadLetter' }));
    await empty(client.createReceiver(topic, subscription, deletes));
  });

  after(async () => {
    await client.close();
    await side.end();
  });

  async function empty(deleting: ServiceBusReceiver): Promise<void> {
    while ((await receive(deleting, 100)).length > 0);
    await deleting.close();
  }

  function receive(from: ServiceBusReceiver, count: number): Promise<ServiceBusReceivedMessage[]> {
    return from.receiveMessages(count, { maxWaitTimeInMs: side.quietMs });
  }

  async function receiveOne(from: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
    const [message] = await from.receiveMessages(1, { maxWaitTimeInMs: patienceMs });
    assert.ok(message, 'a message');
    return message;
  }

  async function send(body: unknown, messageId: string = randomUUID()): Promise<string> {
    await client.createSender(queue).sendMessages({ body, messageId });
    return messageId;
  }

  test('a message keeps its body, its names and its properties', async () => {
    const messageId = randomUUID();
    const applicationProperties = { type: 'mail.received', automatic: false, count: 3 };
    const message = { messageId, correlationId: 'c', subject: 's', contentType: 'application/json' };
    await client
      .createSender(queue)
      .sendMessages({ ...message, body: { text: 'Olá, 世界' }, applicationProperties });
    const received = await receiveOne(receiver);
    assert.deepEqual(received.body, { text: 'Olá, 世界' });
    assert.deepEqual(received.applicationProperties, applicationProperties);
    for (const [name, value] of Object.entries(message)) assert.equal(Reflect.get(received, name), value);
    assert.equal(received.deliveryCount, 0);
    assert.equal(received.state, 'active');
    await receiver.completeMessage(received);
    assert.deepEqual(await receive(receiver, 1), []);
  });

  test('an abandoned message comes back at once with its delivery counted', async () => {
    const messageId = await send('abandoned');
    await receiver.abandonMessage(await receiveOne(receiver));
    const again = await receiveOne(receiver);
    assert.equal(again.messageId, messageId);
    assert.equal(again.deliveryCount, 1);
    await receiver.completeMessage(again);
  });

  test('a repeated message id is accepted and dropped, in a batch too', async () => {
    const messageId = await send('original');
    await send('repeat', messageId);
    const another = randomUUID();
    await client.createSender(queue).sendMessages([
      { body: 'repeat in a batch', messageId },
      { body: 'other', messageId: another },
    ]);
    const received = [await receiveOne(receiver), await receiveOne(receiver)];
    assert.deepEqual(received.map(message => message.body).sort(), ['original', 'other']);
    for (const message of received) await receiver.completeMessage(message);
    assert.deepEqual(await receive(receiver, 1), []);
    await send('repeat after completion', messageId);
    assert.deepEqual(await receive(receiver, 1), []);
  });

  test('an event reaches the unfiltered subscription', async () => {
    const messageId = randomUUID();
    await client.createSender(topic).sendMessages([
      { body: 1, messageId },
      { body: 1, messageId },
    ]);
    const platform = client.createReceiver(topic, subscription);
    const event = await receiveOne(platform);
    assert.equal(event.messageId, messageId);
    await platform.completeMessage(event);
    assert.deepEqual(await receive(platform, 1), []);
    await platform.close();
  });

  test('a dead-lettered message is found in the dead-letter queue with reason and description', async () => {
    const messageId = await send('spoilt');
    const options = { deadLetterReason: 'unreadable', deadLetterErrorDescription: 'not JSON' };
    await receiver.deadLetterMessage(await receiveOne(receiver), options);
    const dead = client.createReceiver(queue, { subQueueType: 'deadLetter' });
    const found = await receiveOne(dead);
    assert.equal(found.messageId, messageId);
    assert.equal(found.deadLetterReason, 'unreadable');
    assert.equal(found.deadLetterErrorDescription, 'not JSON');
    await dead.completeMessage(found);
    await dead.close();
  });

  test('after the maximum of deliveries a message is dead-lettered', async () => {
    const messageId = await send('poison');
    for (let delivery = 0; delivery < 10; delivery++) {
      const message = await receiveOne(receiver);
      assert.equal(message.deliveryCount, delivery);
      await receiver.abandonMessage(message);
    }
    assert.deepEqual(await receive(receiver, 1), []);
    const dead = client.createReceiver(queue, { subQueueType: 'deadLetter' });
    const found = await receiveOne(dead);
    assert.equal(found.messageId, messageId);
    assert.equal(found.deadLetterReason, 'MaxDeliveryCountExceeded');
    await dead.completeMessage(found);
    await dead.close();
  });

  test('a deferred message is received by its number', async () => {
    const messageId = await send('later');
    const message = await receiveOne(receiver);
    assert.ok(message.sequenceNumber);
    await receiver.deferMessage(message);
    assert.deepEqual(await receive(receiver, 1), []);
    const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber);
    assert.equal(deferred?.messageId, messageId);
    await receiver.completeMessage(deferred);
  });

  test('a renewed lock ends later', async () => {
    await send('long work');
    const message = await receiveOne(receiver);
    const firstEnd = message.lockedUntilUtc;
    assert.ok(firstEnd && (await receiver.renewMessageLock(message)) > firstEnd);
    await receiver.completeMessage(message);
  });

  test('a scheduled message enters at its time, unless it is taken back', async () => {
    const sender = client.createSender(queue);
    const at = new Date(Date.now() + 1500);
    const messages = ['kept', 'cancelled'].map(body => ({ body, messageId: randomUUID() }));
    const [, cancelled] = await sender.scheduleMessages(messages, at);
    assert.ok(cancelled);
    await sender.cancelScheduledMessages(cancelled);
    const message = await receiveOne(receiver);
    assert.equal(message.body, 'kept');
    assert.ok(Number(message.enqueuedTimeUtc) >= at.getTime() - 500);
    await receiver.completeMessage(message);
    assert.deepEqual(await receive(receiver, 1), []);
  });

  test('an expired message is not delivered', async () => {
    const sender = client.createSender(queue);
    await sender.sendMessages({ body: 'stale', messageId: randomUUID(), timeToLive: 1 });
    await send('fresh');
    const message = await receiveOne(receiver);
    assert.equal(message.body, 'fresh');
    await receiver.completeMessage(message);
  });

  test('a message over the limit of the Standard tier is refused, and a batch knows that limit', async () => {
    const sender = client.createSender(queue);
    const tooLarge = { body: 'x'.repeat(300_000), messageId: randomUUID() };
    await assert.rejects(sender.sendMessages(tooLarge), { code: 'MessageSizeExceeded' });
    const batch = await sender.createMessageBatch();
    assert.equal(batch.maxSizeInBytes, 262_144);
    assert.equal(batch.tryAddMessage(tooLarge), false);
  });

  test('a hundred messages sent as one batch arrive in order', async () => {
    const messages = Array.from({ length: 100 }, (_, i) => ({ body: i, messageId: randomUUID() }));
    await client.createSender(queue).sendMessages(messages);
    const received: ServiceBusReceivedMessage[] = [];
    while (received.length < 100) received.push(...(await receiver.receiveMessages(100 - received.length)));
    assert.deepEqual(
      received.map(message => message.body),
      messages.map(message => message.body),
    );
    await Promise.all(received.map(message => receiver.completeMessage(message)));
  });

  test('an entity that does not exist is named as missing', async () => {
    const missing = client.createSender('there-is-no-such-queue');
    await assert.rejects(missing.sendMessages({ body: 1 }), { code: 'MessagingEntityNotFound' });
  });

  test('a wrong key is refused', async () => {
    const wrong = connectionString.replace(/SharedAccessKey=[^;]+/, 'SharedAccessKey=d3Jvbmc=');
    const stranger = new ServiceBusClient(wrong, { retryOptions });
    await assert.rejects(stranger.createSender(queue).sendMessages({ body: 1 }), {
      code: 'UnauthorizedAccess',
    });
    await stranger.close();
  });
}
