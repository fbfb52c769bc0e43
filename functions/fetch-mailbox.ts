// Queue: fetches one mailbox. A failed fetch is not redelivered for ever: the next tick sends a new message.
import { app } from '@azure/functions';
import { readFetchRequest } from '../shared/domain/mailbox/fetch-request.ts';
import { fetchMailbox } from '../shared/flows/intake/fetch-mailbox.ts';
import { job } from '../shared/job.ts';

app.serviceBusQueue('fetch-mailbox', {
  connection: 'ServiceBus',
  queueName: 'fetch-mailbox',
  handler: job<unknown>('fetch-mailbox', (message, { clients, clock, log }) =>
    fetchMailbox(clients, readFetchRequest(message), { log, clock }),
  ),
});
