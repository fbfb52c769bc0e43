import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusEntities } from '../../local/service-bus/entities.ts';
import { type Bus, briefly, hasty, openBus, waits } from './service-bus-fixture.ts';

const entities: ServiceBusEntities = {
  maxMessageSizeKilobytes: 256,
  queues: [
    { name: 'work' },
    { name: 'once', requiresDuplicateDetection: true },
    { name: 'later' },
    { name: 'killed' },
  ],
  topics: [{ name: 'events', subscriptions: [{ name: 'platform' }] }],
};

let folder: string;
let file: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'malote-service-bus-'));
  file = join(folder, 'bus.sqlite');
});

after(() => rm(folder, { recursive: true }));

async function takeBodies(bus: Bus, queue: string, count: number): Promise<unknown[]> {
  const receiver = bus.client.createReceiver(queue, { receiveMode: 'receiveAndDelete' });
  const bodies: unknown[] = [];
  for (let received = -1; bodies.length < count && received !== 0; ) {
    const messages = await receiver.receiveMessages(count - bodies.length, waits);
    received = messages.length;
    bodies.push(...messages.map(message => message.body));
  }
  await receiver.close();
  return bodies;
}

test('after a restart every message is in the state it was in, and locked ones are available again', async () => {
  let bus = await openBus(entities, file);
  const bodies = ['deferred', 'dead', 'locked', 'completed', 'waiting'];
  const messages = bodies.map(body => ({ body, applicationProperties: { kind: body } }));
  await bus.client.createSender('work').sendMessages(messages);
  await bus.client.createSender('events').sendMessages({ body: 'published' });
  let receiver = bus.client.createReceiver('work');
  const [deferred, dead, abandoned] = await receiver.receiveMessages(3, waits);
  assert.ok(deferred?.sequenceNumber && dead && abandoned);
  await receiver.deferMessage(deferred);
  await receiver.deadLetterMessage(dead, { deadLetterReason: 'why', deadLetterErrorDescription: 'because' });
  await receiver.abandonMessage(abandoned);
  const [locked, completed] = await receiver.receiveMessages(2, waits);
  assert.equal(locked?.body, 'locked');
  assert.ok(completed);
  await receiver.completeMessage(completed);
  await bus.close();

  bus = await openBus(entities, file);
  receiver = bus.client.createReceiver('work');
  const found = await receiver.receiveMessages(2, waits);
  assert.deepEqual(
    found.map(({ body, deliveryCount, applicationProperties }) => ({
      body,
      deliveryCount,
      applicationProperties,
    })),
    [
      { body: 'locked', deliveryCount: 1, applicationProperties: { kind: 'locked' } },
      { body: 'waiting', deliveryCount: 0, applicationProperties: { kind: 'waiting' } },
    ],
  );
  assert.deepEqual(await receiver.receiveMessages(1, briefly), []);
  const [byNumber] = await receiver.receiveDeferredMessages(deferred.sequenceNumber);
  assert.equal(byNumber?.body, 'deferred');
  const deadReceiver = bus.client.createReceiver('work', { subQueueType: 'deadLetter' });
  assert.equal((await deadReceiver.receiveMessages(1, waits))[0]?.deadLetterReason, 'why');
  const platform = bus.client.createReceiver('events', 'platform');
  assert.equal((await platform.receiveMessages(1, waits))[0]?.body, 'published');
  await bus.close();
});

test('a scheduled message is still taken in after a restart', async () => {
  let bus = await openBus(entities, file);
  const at = new Date(Date.now() + 3_600_000);
  await bus.client.createSender('later').scheduleMessages({ body: 'scheduled' }, at);
  await bus.close();
  bus = await openBus(entities, file);
  bus.advance(3_600_000);
  assert.deepEqual(await takeBodies(bus, 'later', 1), ['scheduled']);
  await bus.close();
});

test('a repeat is still recognised after a restart', async () => {
  let bus = await openBus(entities, file);
  await bus.client.createSender('once').sendMessages({ body: 'first', messageId: 'm' });
  assert.deepEqual(await takeBodies(bus, 'once', 1), ['first']);
  await bus.close();
  bus = await openBus(entities, file);
  await bus.client.createSender('once').sendMessages([
    { body: 'repeat', messageId: 'm' },
    { body: 'other', messageId: 'n' },
  ]);
  assert.deepEqual(await takeBodies(bus, 'once', 1), ['other']);
  await bus.close();
});

test('a second process on the same file is refused', async () => {
  const bus = await openBus(entities, file);
  await assert.rejects(openBus(entities, file), /database is locked/);
  await bus.close();
});

test('what was acknowledged before the process was killed is there, each message once', async () => {
  const killed = join(folder, 'killed.sqlite');
  const { child, connectionString } = await startProcess(killed);
  const client = new ServiceBusClient(connectionString, hasty);
  const sender = client.createSender('killed');
  let acknowledged = 0;
  const sending = (async () => {
    for (;;) {
      const from = acknowledged;
      await sender.sendMessages(Array.from({ length: 10 }, (_, i) => ({ body: from + i })));
      acknowledged += 10;
      if (acknowledged === 200) child.kill('SIGKILL');
    }
  })();
  await assert.rejects(sending);
  await client.close();

  const bus = await openBus(entities, killed);
  const bodies = await takeBodies(bus, 'killed', acknowledged);
  assert.ok(acknowledged >= 200);
  assert.deepEqual(
    bodies,
    Array.from({ length: acknowledged }, (_, i) => i),
  );
  await bus.close();
});

/** The stand-in in a process of its own, so that it can be killed. */
async function startProcess(path: string): Promise<{ child: ChildProcess; connectionString: string }> {
  const server = new URL('../../local/service-bus/server.ts', import.meta.url);
  const options = JSON.stringify({ port: 0, file: path, entities });
  const script = `
    import { startServiceBus } from ${JSON.stringify(server)};
    process.send((await startServiceBus(${options})).connectionString);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [connectionString] = await once(child, 'message');
  return { child, connectionString };
}
