// Starts a stand-in for Service Bus with a clock that tests can move, and the genuine client beside it.

import { ServiceBusClient } from '@azure/service-bus';
import { Faults } from '../../local/faults.ts';
import type { ServiceBusEntities } from '../../local/service-bus/entities.ts';
import { startServiceBus } from '../../local/service-bus/server.ts';

/** No retries: a test wants to see the first answer. */
export const impatient = { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } };

/** For what will go unanswered: after a break the client waits for this time to be over. */
export const hasty = { retryOptions: { maxRetries: 0, timeoutInMs: 600 } };

/** How long to wait for messages that should not come. */
export const briefly = { maxWaitTimeInMs: 60 };

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
    close: async () => {
      await client.close();
      await server.close();
    },
  };
}
