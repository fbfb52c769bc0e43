// Service Bus functions of a real app, fed by the genuine client from the local broker.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ServiceBusClient, type ServiceBusMessage, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { type Host, startHost } from '../../local/host/host.ts';
import type { HostLogRecord } from '../../local/host/host-log.ts';
import { type ServiceBus, startServiceBus } from '../../local/service-bus/server.ts';
import { gate, observed, until } from './host-app/observations.ts';

const queue = { maxDeliveryCount: 2, lockDuration: 'PT1S' };
const logged: HostLogRecord[] = [];
let bus: ServiceBus;
let client: ServiceBusClient;
let host: Host;

before(async () => {
  bus = await startServiceBus({
    port: 0,
    entities: {
      maxMessageSizeKilobytes: 256,
      queues: [
        { name: 'one', ...queue },
        { name: 'crowded', maxDeliveryCount: 2, lockDuration: 'PT3S' },
        { name: 'hooked', ...queue },
      ],
      topics: [{ name: 'topic', subscriptions: [{ name: 'subscription', ...queue }] }],
    },
  });
  client = new ServiceBusClient(bus.connectionString);
  host = await startHost({
    appDir: `${import.meta.dirname}/host-app`,
    entryPoints: ['functions/setup.ts', 'functions/messages.ts'],
    port: 0,
    env: { BUS: bus.connectionString, ONE_QUEUE: 'one' },
    log: record => logged.push(record),
  });
});
after(async () => {
  await host.close();
  await client.close();
  await bus.close();
});

async function send(entity: string, ...messages: ServiceBusMessage[]): Promise<void> {
  const sender = client.createSender(entity);
  await sender.sendMessages(messages);
  await sender.close();
}

/** What waits in a queue, or in its dead-letter queue. */
async function waitingIn(entity: string, subQueueType?: 'deadLetter'): Promise<ServiceBusReceivedMessage[]> {
  const receiver = client.createReceiver(entity, subQueueType === undefined ? {} : { subQueueType });
  const messages = await receiver.peekMessages(10);
  await receiver.close();
  return messages;
}

type Metadata = Record<string, unknown>;

/** What function `name` saw, by the message's member `n`. */
function runs(name: string, n: number): { message: unknown; metadata: Metadata }[] {
  return observed(name)
    .map(({ message, metadata }) => ({ message, metadata: metadata as Metadata }))
    .filter(({ message }) => (message as { n?: number }).n === n);
}

const firstRun = (name: string, n: number) => until(() => runs(name, n)[0]);

test('a message reaches its function with its properties, and is completed when it returns', async () => {
  const properties = {
    messageId: 'm1',
    correlationId: 'c1',
    subject: 's1',
    contentType: 'application/json',
    applicationProperties: { kind: 'x', count: 2 },
  };
  await send('one', { body: { n: 1, list: [1] }, ...properties });
  const { message, metadata } = await firstRun('one', 1);
  assert.deepEqual(message, { n: 1, list: [1] });
  assert.partialDeepStrictEqual(metadata, {
    ...properties,
    userProperties: properties.applicationProperties,
  });
  assert.equal(metadata.deliveryCount, 1, 'the first delivery is number 1');
  assert.match(String(metadata.enqueuedTimeUtc), /^\d{4}-\d\d-\d\dT[\d:.]+$/, 'without a zone');
  await until(async () => (await waitingIn('one')).length === 0);
});

test('a member of a JSON body hides the property of the same name, whatever its case', async () => {
  await send('one', { body: { n: 2, MessageID: 'shadow', deliverycount: 7 }, messageId: 'real' });
  const { metadata } = await firstRun('one', 2);
  assert.equal(metadata.messageId, 'shadow');
  assert.equal(metadata.deliveryCount, 7);
});

test('text arrives as text, bytes as bytes', async () => {
  await send('one', { body: 'plain text' }, { body: Buffer.from([0xff, 0x00]) });
  const messages = await until(() => {
    const found = observed('one').map(({ message }) => message);
    return found.includes('plain text') && found.find(message => Buffer.isBuffer(message));
  });
  assert.deepEqual(messages, Buffer.from([0xff, 0x00]));
});

test('a message whose function throws comes back until the dead-letter queue takes it', async () => {
  await send('one', { body: { n: 3, fail: true }, messageId: 'poison' });
  const [dead] = await until(async () => {
    const found = await waitingIn('one', 'deadLetter');
    return found.length > 0 && found;
  });
  assert.equal(dead?.messageId, 'poison');
  assert.equal(dead?.deadLetterReason, 'MaxDeliveryCountExceeded');
  assert.deepEqual(
    runs('one', 3).map(({ metadata }) => metadata.deliveryCount),
    [1, 2],
  );
});

test('a subscription feeds its function', async () => {
  await send('topic', { body: { n: 4 } });
  await firstRun('subscribed', 4);
});

test('hooks may change the input and see the result', async () => {
  await send('hooked', { body: 'input of the message' });
  const [seen] = await until(() => observed('postInvocation').length > 0 && observed('postInvocation'));
  assert.equal(seen?.before, 'hooked');
  assert.equal(seen?.result, 'got input of the hook');
});

test('a function can be fired with a message of its own', async () => {
  await host.fire('one', '{"n": 5}');
  assert.equal(runs('one', 5).length, 1);
  const body = JSON.stringify({ input: '{"n": 6}' });
  const response = await fetch(`${host.url}/admin/functions/one`, { method: 'POST', body });
  assert.equal(response.status, 202);
  await firstRun('one', 6);
});

test('no more run at once than host.json allows, and their locks are renewed', async () => {
  // A fault that does nothing but count: the client renews a lock of three seconds after one and a half.
  bus.faults.add({ on: 'renew-lock crowded', action: 'delay', delayMs: 0, times: 10 });
  await send('crowded', ...Array.from({ length: 5 }, (_, n) => ({ body: n })));
  await until(() => bus.faults.list()[0]?.times === 7);
  assert.equal(observed('crowded').length, 3);
  bus.faults.clear();
  gate('crowded').resolve();
  await until(() => observed('crowded ended').length === 5);
  const messages = observed('crowded ended').map(({ message }) => message);
  assert.deepEqual(messages.sort(), [0, 1, 2, 3, 4], 'each ran once');
  await until(async () => (await waitingIn('crowded')).length === 0);
});

test('a lost connection is made again', async () => {
  bus.faults.add({ on: 'settle one', action: 'drop', times: 1 });
  await send('one', { body: { n: 7 } });
  await until(() => runs('one', 7).length === 2);
  await until(() => logged.some(({ event }) => event === 'message-not-settled'));
  await send('one', { body: { n: 8 } });
  await firstRun('one', 8);
});
