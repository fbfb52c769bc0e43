// Feeds a function from a queue or a subscription: complete when it returns, abandon when it throws.
//
// There is no retry here and no delay: an abandoned message comes back at once, until the broker has
// delivered it as often as the entity allows and moves it to the dead-letter queue.

import {
  RetryMode,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import type { ServiceBusFunction, ServiceBusTrigger } from './function-definition.ts';
import { describeError, type HostLog } from './host-log.ts';
import type { Invoke } from './invoke.ts';
import type { RunningWork } from './running-work.ts';
import { messageInput } from './service-bus-message.ts';
import type { HostJson } from './settings.ts';

type ListenerOptions = {
  definition: ServiceBusFunction;
  hostJson: HostJson;
  invoke: Invoke;
  running: RunningWork;
  log: HostLog;
};

export type ServiceBusListener = {
  /** Takes no more messages; those in hand are still settled. */
  stop: () => Promise<void>;
  close: () => Promise<void>;
};

const retryOptions = {
  // As the .NET client of Azure's host: connecting again begins after 0.8 s (the JavaScript client would wait
  // 30 s).
  mode: RetryMode.Exponential,
  retryDelayInMs: 800,
  maxRetryDelayInMs: 60_000,
  // A settlement whose connection broke is answered by nobody, and keeps its place among the concurrent calls
  // until it is given up: by default after four times 60 s, here after two times 2 s. A connection is tried
  // for ever all the same.
  timeoutInMs: 2_000,
  maxRetries: 1,
};

export function startServiceBusListener(options: ListenerOptions): ServiceBusListener {
  const { definition, hostJson, invoke, running, log } = options;
  const { name: functionName, trigger } = definition;
  const client = new ServiceBusClient(trigger.connectionString, { retryOptions });
  const receiver = createReceiver(client, trigger.entity, hostJson.maxAutoLockRenewalMs);
  const stopping = new AbortController();

  const process = async (message: ServiceBusReceivedMessage): Promise<void> => {
    const returned = await invoke(definition, messageInput(message)).then(
      () => true,
      () => false,
    );
    try {
      await (returned ? receiver.completeMessage(message) : receiver.abandonMessage(message));
    } catch (error) {
      // The lock was lost, or the broker is gone: the message will be delivered again.
      log('warning', 'message-not-settled', { functionName, message: describeError(error) });
    }
  };
  const subscription = receiver.subscribe(
    {
      processMessage: message => running.track(process(message)),
      processError: async ({ errorSource, error }) => {
        if (stopping.signal.aborted) return;
        log('error', 'service-bus-error', { functionName, message: `${errorSource}: ${error.message}` });
      },
    },
    {
      maxConcurrentCalls: hostJson.maxConcurrentCalls,
      autoCompleteMessages: false,
      // Ends the client's endless attempts to connect, which close() alone would wait for.
      abortSignal: stopping.signal,
    },
  );
  return {
    stop: async () => {
      stopping.abort();
      await subscription.close();
    },
    close: async () => {
      await receiver.close();
      await client.close();
    },
  };
}

function createReceiver(
  client: ServiceBusClient,
  entity: ServiceBusTrigger['entity'],
  maxAutoLockRenewalDurationInMs: number,
): ServiceBusReceiver {
  const options = { maxAutoLockRenewalDurationInMs, skipParsingBodyAsJson: true };
  return 'queue' in entity
    ? client.createReceiver(entity.queue, options)
    : client.createReceiver(entity.topic, entity.subscription, options);
}
