import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { type Bus, briefly, hasty, openBus, waits } from './service-bus-fixture.ts';

let bus: Bus;
let hastyClient: ServiceBusClient;

beforeEach(async () => {
  bus = await openBus({
    queues: [{ name: 'work' }, { name: 'other' }],
    topics: [{ name: 'events', subscriptions: [{ name: 'platform' }] }],
  });
  hastyClient = new ServiceBusClient(bus.server.connectionString, hasty);
});

afterEach(async () => {
  await hastyClient.close();
  await bus.close();
});

async function waitingBodies(queue: string): Promise<unknown[]> {
  const receiver = bus.client.createReceiver(queue);
  const messages = await receiver.peekMessages(10);
  await receiver.close();
  return messages.map(message => message.body);
}

test('a refused send is not stored, and other entities are not touched', async () => {
  bus.faults.add({ on: 'send work', action: 'refuse' });
  await assert.rejects(bus.client.createSender('work').sendMessages({ body: 1 }), {
    code: 'MessagingEntityDisabled',
    retryable: false,
  });
  await bus.client.createSender('other').sendMessages({ body: 1 });
  assert.deepEqual(await waitingBodies('work'), []);
  bus.faults.clear();
  await bus.client.createSender('work').sendMessages({ body: 2 });
  assert.deepEqual(await waitingBodies('work'), [2]);
});

test('a throttled send may be tried again', async () => {
  bus.faults.add({ on: 'send work', action: 'throttle', times: 1 });
  await assert.rejects(bus.client.createSender('work').sendMessages({ body: 1 }), {
    code: 'ServiceBusy',
    retryable: true,
  });
  const patient = new ServiceBusClient(bus.server.connectionString, {
    retryOptions: { maxRetries: 2, retryDelayInMs: 10 },
  });
  bus.faults.add({ on: 'send work', action: 'throttle', times: 1 });
  await patient.createSender('work').sendMessages({ body: 2 });
  await patient.close();
  assert.deepEqual(await waitingBodies('work'), [2]);
});

test('a connection dropped before the message is stored loses it; the next send connects again', async () => {
  bus.faults.add({ on: 'send work', action: 'drop', times: 1 });
  const sender = hastyClient.createSender('work');
  await assert.rejects(sender.sendMessages({ body: 1 }));
  await sender.sendMessages({ body: 2 });
  assert.deepEqual(await waitingBodies('work'), [2]);
});

test('a connection dropped before the acknowledgement leaves the sender in doubt about a stored message', async () => {
  bus.faults.add({ on: 'send work', action: 'dropAfter', times: 1 });
  await assert.rejects(hastyClient.createSender('work').sendMessages({ body: 1 }));
  assert.deepEqual(await waitingBodies('work'), [1]);
});

test('a delayed send arrives late', async () => {
  const sender = bus.client.createSender('work');
  await sender.sendMessages({ body: 1 });
  bus.faults.add({ on: 'send work', action: 'delay', delayMs: 300, times: 1 });
  const startedAt = Date.now();
  await sender.sendMessages({ body: 2 });
  assert.ok(Date.now() - startedAt >= 300);
});

test('a dropped receiver gets its message after connecting again, undelivered so far', async () => {
  await bus.client.createSender('events').sendMessages({ body: 1 });
  bus.faults.add({ on: 'receive events/Subscriptions/platform', action: 'drop', times: 1 });
  const receiver = bus.client.createReceiver('events', 'platform');
  await assert.rejects(receiver.receiveMessages(1, waits));
  const [message] = await receiver.receiveMessages(1, waits);
  assert.equal(message?.body, 1);
  assert.equal(message?.deliveryCount, 0);
});

test('a message lost on its way to the receiver stays locked and comes back counted', async () => {
  await bus.client.createSender('work').sendMessages({ body: 1 });
  bus.faults.add({ on: 'receive work', action: 'dropAfter', times: 1 });
  const receiver = bus.client.createReceiver('work');
  await assert.rejects(receiver.receiveMessages(1, waits));
  assert.deepEqual(await receiver.receiveMessages(1, briefly), []);
  bus.advance(60_000);
  const [message] = await receiver.receiveMessages(1, waits);
  assert.equal(message?.deliveryCount, 1);
});

test('a completion whose answer is lost has happened', async () => {
  await bus.client.createSender('work').sendMessages({ body: 1 });
  const receiver = hastyClient.createReceiver('work');
  const [message] = await receiver.receiveMessages(1, waits);
  assert.ok(message);
  bus.faults.add({ on: 'settle work', action: 'dropAfter', times: 1 });
  await assert.rejects(receiver.completeMessage(message));
  assert.deepEqual(await waitingBodies('work'), []);
});

test('a refused receiver is told so', async () => {
  await bus.client.createSender('work').sendMessages({ body: 1 });
  bus.faults.add({ on: 'receive work', action: 'refuse', times: 1 });
  const receiver = bus.client.createReceiver('work');
  await assert.rejects(receiver.receiveMessages(1, waits), { code: 'MessagingEntityDisabled' });
});

test('a delayed delivery comes late', async () => {
  await bus.client.createSender('work').sendMessages({ body: 1 });
  bus.faults.add({ on: 'receive work', action: 'delay', delayMs: 300, times: 1 });
  const startedAt = Date.now();
  const [message] = await bus.client.createReceiver('work').receiveMessages(1, waits);
  assert.equal(message?.body, 1);
  assert.ok(Date.now() - startedAt >= 300);
});

test('a refused completion leaves the message locked, and it comes back after the lock', async () => {
  await bus.client.createSender('work').sendMessages({ body: 1 });
  const receiver = bus.client.createReceiver('work', { maxAutoLockRenewalDurationInMs: 0 });
  const [message] = await receiver.receiveMessages(1, waits);
  assert.ok(message);
  bus.faults.add({ on: 'settle work', action: 'refuse', times: 1 });
  await assert.rejects(receiver.completeMessage(message), { code: 'MessageLockLost' });
  assert.deepEqual(await receiver.receiveMessages(1, briefly), []);
  bus.advance(60_000);
  const [again] = await receiver.receiveMessages(1, waits);
  assert.equal(again?.deliveryCount, 1);
});

test('requests to $management, opening, authorizing and connecting have their faults too', async () => {
  const receiver = bus.client.createReceiver('work');
  bus.faults.add({ on: 'peek-message work', action: 'throttle', times: 1 });
  await assert.rejects(receiver.peekMessages(1), { code: 'ServiceBusy' });
  await receiver.peekMessages(1);

  bus.faults.add({ on: 'open work', action: 'refuse', times: 1 });
  const sender = bus.client.createSender('work');
  await assert.rejects(sender.sendMessages({ body: 1 }), { code: 'MessagingEntityDisabled' });
  await sender.sendMessages({ body: 1 });

  bus.faults.add({ on: 'authorize', action: 'refuse', times: 1 });
  await assert.rejects(bus.client.createSender('other').sendMessages({ body: 1 }), {
    code: 'UnauthorizedAccess',
  });

  bus.faults.add({ on: 'connect', action: 'refuse', times: 1 });
  await assert.rejects(hastyClient.createSender('other').sendMessages({ body: 1 }));
});

test('a subscribed handler goes on after the connection was dropped', async () => {
  const seen: unknown[] = [];
  const receiver = hastyClient.createReceiver('work');
  const done = new Promise<void>(resolve => {
    receiver.subscribe({
      processMessage: async message => {
        seen.push(message.body);
        if (message.body === 'after') resolve();
      },
      processError: async () => undefined,
    });
  });
  const sender = hastyClient.createSender('other');
  await bus.client.createSender('work').sendMessages({ body: 'before' });
  bus.faults.add({ on: 'send other', action: 'drop', times: 1 });
  await assert.rejects(sender.sendMessages({ body: 'breaks the connection' }));
  await bus.client.createSender('work').sendMessages({ body: 'after' });
  await done;
  assert.ok(seen.includes('before'));
  await receiver.close();
});
