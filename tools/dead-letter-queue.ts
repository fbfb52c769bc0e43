// The dead letters of one queue or subscription: read without touching them, sent again, or thrown away.
import type { ServiceBusClient, ServiceBusMessage, ServiceBusReceivedMessage } from '@azure/service-bus';
import entities from '../infra/entities.json' with { type: 'json' };

/** Where messages are received from, and where one is sent to come there again. */
export type Place = { name: string; target: string; subscription?: string };

/** Every place that has dead letters, as operators name it: `fetch-mailbox`, `mail-events/platform`. */
export const places: Place[] = [
  ...entities.serviceBus.queues.map(({ name }) => ({ name, target: name })),
  ...entities.serviceBus.topics.flatMap(({ name: target, subscriptions }) =>
    subscriptions.map(({ name }) => ({ name: `${target}/${name}`, target, subscription: name })),
  ),
];

/** What is told of a dead letter: nothing of its body. */
export type DeadLetter = {
  sequenceNumber: string;
  messageId: string;
  enqueuedAt: string;
  deliveryCount: number;
  reason: string;
  description: string;
};

/** So many are looked at in one run: a lock lasts for minutes, and they are held until all were seen. */
export const mostAtOnce = 500;
const pageSize = 100;
/** The bus has nothing more when none comes for so long. */
const silenceMs = 2_000;

/** The dead letters there are, the oldest first; they stay as they are. A client goes on peeking from where it looked last: so one for each time. */
export async function listDeadLetters(connect: () => ServiceBusClient, place: Place): Promise<DeadLetter[]> {
  const client = connect();
  const receiver = receiverOf(client, place);
  try {
    const found: ServiceBusReceivedMessage[] = [];
    while (found.length < mostAtOnce) {
      const page = await receiver.peekMessages(Math.min(pageSize, mostAtOnce - found.length));
      if (page.length === 0) break;
      found.push(...page);
    }
    return found.map(described);
  } finally {
    await receiver.close();
    await client.close();
  }
}

/**
 * Sends dead letters again, or throws them away; the others stay.
 * @param isMeant which of them
 * @returns those that are gone from here
 */
export async function settleDeadLetters(
  client: ServiceBusClient,
  place: Place,
  what: 'resend' | 'drop',
  isMeant: (letter: DeadLetter) => boolean,
): Promise<DeadLetter[]> {
  const receiver = receiverOf(client, place);
  const sender = client.createSender(place.target);
  const settled: DeadLetter[] = [];
  const left: ServiceBusReceivedMessage[] = [];
  try {
    while (settled.length + left.length < mostAtOnce) {
      const room = Math.min(pageSize, mostAtOnce - settled.length - left.length);
      const received = await receiver.receiveMessages(room, { maxWaitTimeInMs: silenceMs });
      if (received.length === 0) break;
      for (const message of received) {
        const letter = described(message);
        if (!isMeant(letter)) {
          left.push(message);
          continue;
        }
        if (what === 'resend') await sender.sendMessages(again(message));
        await receiver.completeMessage(message);
        settled.push(letter);
      }
    }
    return settled;
  } finally {
    // Given back at the end: at once, they would come again and again.
    await Promise.allSettled(left.map(message => receiver.abandonMessage(message)));
    await receiver.close();
    await sender.close();
  }
}

/**
 * The message as it was, under a message id of its own: the bus would drop the old one as a repeat, for a day at most. Whoever dies
 * between sending and completing sends it again under the same id, which is dropped. Consumers know an event by the `id` in it.
 */
function again(message: ServiceBusReceivedMessage): ServiceBusMessage {
  const {
    DeadLetterReason: _,
    DeadLetterErrorDescription: _description,
    ...properties
  } = message.applicationProperties ?? {};
  const { body, contentType, subject, correlationId, sequenceNumber } = message;
  return {
    body,
    messageId: `${String(message.messageId ?? '').slice(0, 90)}:again:${sequenceNumber}`,
    applicationProperties: properties,
    ...(contentType === undefined ? {} : { contentType }),
    ...(subject === undefined ? {} : { subject }),
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

function receiverOf(client: ServiceBusClient, { target, subscription }: Place) {
  const options = { subQueueType: 'deadLetter', receiveMode: 'peekLock' } as const;
  return subscription === undefined
    ? client.createReceiver(target, options)
    : client.createReceiver(target, subscription, options);
}

function described(message: ServiceBusReceivedMessage): DeadLetter {
  const { sequenceNumber, messageId, enqueuedTimeUtc, deliveryCount } = message;
  return {
    sequenceNumber: String(sequenceNumber ?? ''),
    messageId: String(messageId ?? ''),
    enqueuedAt: enqueuedTimeUtc?.toISOString() ?? '',
    deliveryCount: deliveryCount ?? 0,
    reason: message.deadLetterReason ?? '',
    description: message.deadLetterErrorDescription ?? '',
  };
}
