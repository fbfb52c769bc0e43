import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ServiceBusMessage } from '@azure/service-bus';
import type { RuleEntity, SubscriptionEntity } from '../../local/service-bus/entities.ts';
import { type Bus, openBus, waits } from './service-bus-fixture.ts';

const unfiltered: SubscriptionEntity = { name: 'all' };
const withRules = (name: string, ...rules: RuleEntity[]): SubscriptionEntity => ({ name, rules });

let bus: Bus;

before(async () => {
  bus = await openBus({
    topics: [
      {
        name: 'events',
        subscriptions: [
          unfiltered,
          withRules('sql', { name: 'r', sql: "type = 'mail.received' AND NOT automatic = TRUE" }),
          withRules('group', { name: 'r', sql: "groupIds LIKE '%|g2|%'" }),
          withRules('correlated', {
            name: 'r',
            correlation: { label: 'urgent', properties: { serviceId: 's1' } },
          }),
          withRules('either', { name: 'a', sql: "type = 'a'" }, { name: 'b', correlation: { label: 'b' } }),
          withRules('nothing'),
        ],
      },
      { name: 'unheard', subscriptions: [] },
      {
        name: 'once',
        requiresDuplicateDetection: true,
        duplicateDetectionHistoryTimeWindow: 'P1D',
        defaultMessageTimeToLive: 'PT1H',
        subscriptions: [
          { name: 'keeps', deadLetteringOnMessageExpiration: true },
          { name: 'drops', defaultMessageTimeToLive: 'PT1M' },
        ],
      },
    ],
  });
});

after(() => bus.close());

async function publish(topic: string, ...messages: ServiceBusMessage[]): Promise<void> {
  const sender = bus.client.createSender(topic);
  await sender.sendMessages(messages);
}

async function take(topic: string, subscription: string, dead = false): Promise<unknown[]> {
  const subQueue = dead ? ({ subQueueType: 'deadLetter' } as const) : {};
  const options = { receiveMode: 'receiveAndDelete', ...subQueue } as const;
  const messages = await bus.drain(client => client.createReceiver(topic, subscription, options));
  return messages.map(message => message.body);
}

test('each subscription gets its own copy of what its rules let in', async () => {
  await publish(
    'events',
    { body: 1, applicationProperties: { type: 'mail.received', automatic: false, groupIds: '|g1|g2|' } },
    { body: 2, applicationProperties: { type: 'mail.received', automatic: true } },
    { body: 3, applicationProperties: { type: 'mail.received', groupIds: '|g22|' } },
    { body: 4, subject: 'urgent', applicationProperties: { serviceId: 's1' } },
    { body: 5, subject: 'urgent', applicationProperties: { serviceId: 'S1' } },
    { body: 6, subject: 'b', applicationProperties: { type: 'a' } },
  );
  assert.deepEqual(await take('events', 'all'), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(await take('events', 'sql'), [1], 'a missing property is unknown, and so is NOT unknown');
  assert.deepEqual(await take('events', 'group'), [1]);
  assert.deepEqual(await take('events', 'correlated'), [4]);
  assert.deepEqual(await take('events', 'either'), [6], 'one copy although both rules match');
  assert.deepEqual(await take('events', 'nothing'), []);
});

test('completing a copy leaves the other subscriptions alone', async () => {
  await publish('events', { body: 'shared', applicationProperties: { type: 'a' } });
  const receiver = bus.client.createReceiver('events', 'either');
  const [message] = await receiver.receiveMessages(1, waits);
  assert.ok(message);
  await receiver.completeMessage(message);
  await receiver.close();
  assert.deepEqual(await take('events', 'all'), ['shared']);
});

test('a topic without a subscription that wants the message takes and discards it', async () => {
  await publish('unheard', { body: 'lost' });
});

test('duplicates are detected at the topic, before the subscriptions', async () => {
  await publish('once', { body: 'first', messageId: 'm' });
  await publish('once', { body: 'again', messageId: 'm' }, { body: 'other', messageId: 'n' });
  assert.deepEqual(await take('once', 'keeps'), ['first', 'other']);
  assert.deepEqual(await take('once', 'drops'), ['first', 'other']);
});

test('the shorter life of topic and subscription counts; the subscription says whether to dead-letter', async () => {
  await publish('once', { body: 'stale', messageId: 'stale' });
  bus.advance(60_000);
  assert.deepEqual(await take('once', 'drops'), []);
  bus.advance(3_540_000);
  assert.deepEqual(await take('once', 'keeps'), []);
  assert.deepEqual(await take('once', 'keeps', true), ['stale']);
  assert.deepEqual(await take('once', 'drops', true), []);
});

test('a scheduled message waits at the topic and then enters the subscriptions that want it', async () => {
  const sender = bus.client.createSender('events');
  const at = new Date(Date.now() + 86_400_000);
  const [kept, cancelled] = await sender.scheduleMessages(
    [
      { body: 'kept', applicationProperties: { type: 'a' } },
      { body: 'cancelled', applicationProperties: { type: 'a' } },
    ],
    at,
  );
  assert.ok(kept && cancelled);
  await sender.cancelScheduledMessages(cancelled);
  assert.deepEqual(await take('events', 'either'), []);
  bus.advance(86_400_000);
  const receiver = bus.client.createReceiver('events', 'either');
  const [message] = await receiver.receiveMessages(1, waits);
  assert.equal(message?.body, 'kept');
  await receiver.close();
});

test('a rule that is not understood is refused at start', async () => {
  const topics = [{ name: 't', subscriptions: [withRules('s', { name: 'r', sql: 'price * 2 > 10' })] }];
  await assert.rejects(openBus({ topics }), /SQL filter not understood/);
});
