// Timer: every minute, asks for a fetch of each mailbox whose turn it is.
import { app, type Timer } from '@azure/functions';
import { enqueueDueMailboxes } from '../shared/flows/poll.ts';
import { job } from '../shared/job.ts';

app.timer('poll-mailboxes', {
  schedule: '0 * * * * *',
  handler: job<Timer>('poll-mailboxes', (_timer, { clients, clock, log }) =>
    enqueueDueMailboxes(clients, clock(), log),
  ),
});
