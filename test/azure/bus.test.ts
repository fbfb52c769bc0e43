// The bus, with the genuine client: what is published, and what is said of messages that did not go.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import {
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
  type ServiceBusSender,
} from '@azure/service-bus';
import entities from '../../infra/entities.json' with { type: 'json' };
import { type ServiceBus, startServiceBus } from '../../local/service-bus/server.ts';
import { type Bus, openBus } from '../../shared/azure/bus.ts';
import type { OutgoingEvent } from '../../shared/domain/event/envelope.ts';
import { mailReceived } from '../../shared/domain/event/mail.ts';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import { mailFacts, mailKey, testEvent } from '../domain/event/facts.ts';

import { assertDescribed } from '../domain/event/schemas.ts';

import { until } from '../support/until.ts';

import { startRefusingServer } from './bus-refusing-server.ts';

let count = 0;

/** A test event with an id never used before, of about this size. */
function anEvent(sizeBytes = 0, id = `e${++count}`): OutgoingEvent {
  return testEvent(id, 'x'.repeat(sizeBytes));
}

/** What arrives at a queue or subscription. */
class Arrivals {
  readonly #sender: ServiceBusSender;
  #messages: ServiceBusReceivedMessage[] = [];

  constructor(client: ServiceBusClient, target: string, receiver: ServiceBusReceiver) {
    this.#sender = client.createSender(target);
    receiver.subscribe({
      processMessage: async message => void this.#messages.push(message),
      processError: async ({ error }) => assert.fail(error),
    });
  }

  /** All messages since the last call: a last one is sent, and what is there when it arrives is all there is. */
  async take(): Promise<ServiceBusReceivedMessage[]> {
    const messageId = `last ${++count}`;
    await this.#sender.sendMessages({ body: 0, messageId });
    await until('the last message', () => this.#messages.at(-1)?.messageId === messageId);
    const taken = this.#messages.slice(0, -1);
    this.#messages = [];
    return taken;
  }

  async takeIds() {
    return (await this.take()).map(({ messageId }) => messageId);
  }
}

describe('the bus', () => {
  let broker: ServiceBus;
  let bus: Bus;
  let client: ServiceBusClient;
  let topic: Arrivals;
  let queue: Arrivals;

  before(async () => {
    broker = await startServiceBus({ port: 0, entities: entities.serviceBus });
    bus = await openBus(broker);
    client = new ServiceBusClient(broker.connectionString);
    topic = new Arrivals(client, 'mail-events', client.createReceiver('mail-events', 'platform'));
    queue = new Arrivals(client, 'fetch-mailbox', client.createReceiver('fetch-mailbox'));
  });

  after(async () => {
    await bus.close();
    await client.close();
    await broker.close();
  });

  afterEach(() => broker.faults.clear());

  it('publishes an event as CloudEvents JSON, its id the message id, with properties to filter by', async () => {
    const outgoing = mailReceived(mailFacts());
    assert.deepEqual(await bus.sendEvents([outgoing]), [{ outcome: 'sent' }]);
    const [message, ...others] = await topic.take();
    assert.equal(others.length, 0);
    assert.equal(message?.messageId, mailKey);
    assert.equal(message?.contentType, 'application/cloudevents+json');
    assert.deepEqual(message?.body, JSON.parse(JSON.stringify(outgoing.event)));
    assert.deepEqual(message?.applicationProperties, {
      type: 'mail.received',
      serviceId: 'sac',
      groupIds: '|g1|',
      automatic: false,
      test: false,
    });
  });

  it('says in events which deployment they come from', async () => {
    const named = await openBus(broker, { source: 'urn:malote:malote-producao' });
    await named.sendEvents([mailReceived(mailFacts({}, { mailKey: 'sac.9' as MailKey }))]);
    await named.close();
    const [message] = await topic.take();
    assert.equal(message?.body.source, 'urn:malote:malote-producao');
    assertDescribed(message?.body);
  });

  it('publishes more events than one message holds, each once and in order', async () => {
    const events = Array.from({ length: 12 }, () => anEvent(58_000));
    const outcomes = await bus.sendEvents(events);
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      events.map(() => 'sent'),
    );
    assert.deepEqual(
      await topic.takeIds(),
      events.map(({ event }) => event.id),
    );
  });

  it('has nothing to do for no events', async () => {
    assert.deepEqual(await bus.sendEvents([]), []);
  });

  it('refuses an event that no message holds, and publishes the others', async () => {
    const events = [anEvent(), anEvent(300_000), anEvent()];
    const outcomes = await bus.sendEvents(events);
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['sent', 'refused', 'sent'],
    );
    assert.equal(outcomes[1]?.outcome === 'refused' && outcomes[1].error.code, 'refused_by_store');
    assert.deepEqual(await topic.takeIds(), [events[0]?.event.id, events[2]?.event.id]);
  });

  it('sends again what was throttled', async () => {
    broker.faults.add({ on: 'send mail-events', action: 'throttle', times: 1 });
    assert.deepEqual(await bus.sendEvents([anEvent()]), [{ outcome: 'sent' }]);
    assert.equal((await topic.takeIds()).length, 1);
  });

  for (const action of ['drop', 'dropAfter'] as const) {
    it(`sends once in effect when the connection was lost before the acknowledgement (${action})`, async () => {
      broker.faults.add({ on: 'send mail-events', action, times: 1 });
      const outgoing = anEvent();
      assert.deepEqual(await bus.sendEvents([outgoing]), [{ outcome: 'sent' }]);
      assert.deepEqual(broker.faults.list(), []);
      assert.deepEqual(await topic.takeIds(), [outgoing.event.id]);
    });

    it(`asks for a fetch once when the connection was lost (${action})`, async () => {
      broker.faults.add({ on: 'send fetch-mailbox', action, times: 1 });
      const fetch = { serviceId: 'sac' as ServiceId, reason: 'tick' as const, timeToLiveMs: 300_000 };
      await bus.sendFetches([{ ...fetch, messageId: `lost ${action}` }]);
      assert.deepEqual(await queue.takeIds(), [`lost ${action}`]);
    });
  }

  it('calls a topic that somebody disabled unavailable, not the event refused, and recovers with it', async () => {
    broker.faults.add({ on: 'send mail-events', action: 'refuse' });
    const events = [anEvent(), anEvent()];
    for (const outcome of await bus.sendEvents(events)) {
      assert.equal(outcome.outcome, 'unavailable');
      assert.equal(outcome.outcome === 'unavailable' && outcome.error.code, 'dependency_unavailable');
    }
    broker.faults.clear();
    assert.deepEqual(await bus.sendEvents(events), [{ outcome: 'sent' }, { outcome: 'sent' }]);
    assert.equal((await topic.takeIds()).length, 2);
  });

  it('is in doubt about all that was not sent when the bus goes away between two batches', async () => {
    const events = Array.from({ length: 6 }, () => anEvent(58_000));
    broker.faults.add({ on: 'send mail-events', action: 'delay', delayMs: 0, times: 1 });
    broker.faults.add({ on: 'send mail-events', action: 'refuse' });
    assert.deepEqual(
      (await bus.sendEvents(events)).map(({ outcome }) => outcome),
      ['sent', 'sent', 'sent', 'sent', 'unavailable', 'unavailable'],
    );
    broker.faults.clear();
    await topic.take();
  });

  it('asks for fetches, once for each message id, with a time to live', async () => {
    const fetch = (messageId: string) => ({
      serviceId: 'sac' as ServiceId,
      reason: 'tick' as const,
      messageId,
      timeToLiveMs: 300_000,
    });
    await bus.sendFetches([fetch('sac:1'), fetch('sac:2')]);
    await bus.sendFetches([fetch('sac:2')]);
    const messages = await queue.take();
    assert.deepEqual(
      messages.map(({ messageId, body, timeToLive }) => ({ messageId, body, timeToLive })),
      ['sac:1', 'sac:2'].map(messageId => ({
        messageId,
        body: { serviceId: 'sac', reason: 'tick' },
        timeToLive: 300_000,
      })),
    );
  });

  it('throws when fetches cannot be asked for', async () => {
    broker.faults.add({ on: 'send fetch-mailbox', action: 'refuse' });
    const message = {
      serviceId: 'sac' as ServiceId,
      reason: 'now' as const,
      messageId: 'n',
      timeToLiveMs: 1_000,
    };
    await assert.rejects(bus.sendFetches([message]), { code: 'dependency_unavailable' });
  });
});

describe('a bus that is away', () => {
  const unavailable = async (bus: Bus) => {
    const outcomes = await bus.sendEvents([anEvent(), anEvent()]);
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['unavailable', 'unavailable'],
    );
  };

  it('is said to be so for every event, and used again when it comes back', async () => {
    const gone = await startServiceBus({ port: 0, entities: entities.serviceBus });
    await gone.close();
    const bus = await openBus(gone);
    await unavailable(bus);
    const back = await startServiceBus({ port: gone.port, entities: entities.serviceBus });
    assert.deepEqual(await bus.sendEvents([anEvent()]), [{ outcome: 'sent' }]);
    await bus.close();
    await back.close();
  });

  it('is given up by the deadline when it takes connections and says nothing', async t => {
    const sockets: Socket[] = [];
    const silent = createServer(socket => void sockets.push(socket.resume()));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const key = 'SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;';
    const bus = await openBus(
      { connectionString: `Endpoint=sb://127.0.0.1:${port};${key}` },
      { deadlineMs: 500 },
    );
    t.after(async () => {
      for (const socket of sockets) socket.destroy();
      await once(silent.close(), 'close');
      await bus.close();
    });
    await unavailable(bus);
  });
});

describe('a batch that is refused for ever', () => {
  const dislikes = (id: string) => id.startsWith('bad');
  const ids = ['a', 'b', 'c', 'bad1', 'd', 'e', 'bad2', 'f'];

  for (const condition of ['amqp:link:message-size-exceeded', 'com.microsoft:argument-error'])
    it(`is halved until those to blame are alone: ${condition}`, async () => {
      const server = await startRefusingServer({ dislikes, condition });
      const bus = await openBus(server);
      const outcomes = await bus.sendEvents(ids.map(id => anEvent(0, id)));
      await bus.close();
      await server.close();
      assert.deepEqual(
        outcomes.map(({ outcome }) => outcome),
        ids.map(id => (dislikes(id) ? 'refused' : 'sent')),
      );
      assert.deepEqual(server.batches[0], ids);
      const accepted = server.batches.filter(batch => !batch.some(dislikes)).flat();
      assert.deepEqual(accepted, ['a', 'b', 'c', 'd', 'e', 'f']);
    });
});
