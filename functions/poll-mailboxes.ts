// Timer: every minute, asks for a fetch of each mailbox whose turn it is, and delivers what changes left in the outbox.
import { app, type Timer } from '@azure/functions';
import { announceLeft } from '../shared/flows/intake/announce.ts';
import { enqueueDueMailboxes } from '../shared/flows/intake/poll.ts';
import { deliverPending } from '../shared/flows/services/outbox.ts';
import { job } from '../shared/job.ts';

app.timer('poll-mailboxes', {
  schedule: '0 * * * * *',
  handler: job<Timer>('poll-mailboxes', async (_timer, { clients, clock, log }) => {
    await enqueueDueMailboxes(clients, clock(), log);
    await deliverPending(clients, clock(), log);
    await announceLeft(clients, clock(), log);
  }),
});
