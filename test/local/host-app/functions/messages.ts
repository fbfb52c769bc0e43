// Service Bus functions: they tell what they were given, and fail when the message says so.

import { app, type ServiceBusQueueHandler } from '@azure/functions';
import { gate, observe } from '../observations.ts';

const connection = 'BUS';

const consume: ServiceBusQueueHandler = (message, context) => {
  observe(context.functionName, { message, metadata: context.triggerMetadata });
  if (typeof message === 'object' && message !== null && 'fail' in message) {
    throw new Error('failed on purpose');
  }
};

app.serviceBusQueue('one', { connection, queueName: '%ONE_QUEUE%', handler: consume });

app.serviceBusQueue('crowded', {
  connection,
  queueName: 'crowded',
  handler: async message => {
    observe('crowded', { message });
    await gate('crowded').promise;
    observe('crowded ended', { message });
  },
});

app.serviceBusTopic('subscribed', {
  connection,
  topicName: 'topic',
  subscriptionName: 'subscription',
  handler: consume,
});

app.serviceBusQueue('hooked', { connection, queueName: 'hooked', handler: message => `got ${message}` });
