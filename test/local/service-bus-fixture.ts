// Starts a stand-in for Service Bus with a clock that tests can move, and the genuine client beside it.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { Faults } from '../../local/faults.ts';
import type { ServiceBusEntities } from '../../local/service-bus/entities.ts';
import { startServiceBus } from '../../local/service-bus/server.ts';
import { patienceMs } from '../support/until.ts';

/** No retries: a test wants to see the first answer. */
export const impatient = { retryOptions: { maxRetries: 0, timeoutInMs: patienceMs } };

/** For what will go unanswered: after a break the client waits for this time to be over. All else has to be done in it. */
export const hasty = { retryOptions: { maxRetries: 0, timeoutInMs: 1_500 } };

/** How long to wait for messages that come. */
export const waits = { maxWaitTimeInMs: patienceMs };

/** How long to wait for messages that should not come. */
export const briefly = { maxWaitTimeInMs: 60 };

/** Takes all that is there now. It is counted first, so that no wait has to be long enough; then nothing more comes. */
async function drain(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage[]> {
  // Longer than a tick of the bus, whose timer in this same process is due before: what has expired is no longer there.
  await sleep(60);
  let count = 0;
  for (let peeked = 1; peeked > 0; ) {
    const messages = await receiver.peekMessages(100);
    peeked = messages.length;
    count += messages.filter(({ state }) => state === 'active').length;
  }
  const taken: ServiceBusReceivedMessage[] = [];
  while (taken.length < count) {
    const messages = await receiver.receiveMessages(count - taken.length, waits);
    if (messages.length === 0) break;
    taken.push(...messages);
  }
  return [...taken, ...(await receiver.receiveMessages(1, briefly))];
}

export type Bus = Awaited<ReturnType<typeof openBus>>;

export async function openBus(entities: Partial<ServiceBusEntities>, file?: string) {
  let aheadMs = 0;
  const faults = new Faults();
  const server = await startServiceBus({
    port: 0,
    entities: { maxMessageSizeKilobytes: 256, queues: [], topics: [], ...entities },
    now: () => Date.now() + aheadMs,
    faults,
    ...(file !== undefined && { file }),
  });
  const client = new ServiceBusClient(server.connectionString, impatient);
  return {
    server,
    client,
    faults,
    /** Moves the time of the bus forward; what is due happens within its next tick. */
    advance: (ms: number) => {
      aheadMs += ms;
    },
    /** All that is there now, taken by a client of its own: one goes on peeking from where it looked last. */
    drain: async (open: (client: ServiceBusClient) => ServiceBusReceiver) => {
      const other = new ServiceBusClient(server.connectionString, impatient);
      const messages = await drain(open(other));
      await other.close();
      return messages;
    },
    close: async () => {
      await client.close();
      await server.close();
    },
  };
}
