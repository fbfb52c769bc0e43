// Timer: every minute, asks for a fetch of each mailbox whose turn it is, and tells what was left untold.
import { app, type Timer } from '@azure/functions';
import { enqueueDueMailboxes } from '../shared/flows/intake/poll.ts';
import { followUpUntold } from '../shared/flows/services/outbox.ts';
import { job } from '../shared/job.ts';

app.timer('poll-mailboxes', {
  schedule: '0 * * * * *',
  handler: job<Timer>('poll-mailboxes', async (_timer, { clients, clock, log }) => {
    await enqueueDueMailboxes(clients, clock(), log);
    await followUpUntold(clients, clock(), log);
  }),
});
