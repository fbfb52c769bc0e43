// Timer: every minute, brings about what must follow the orders of mails, where the request that gave them could not; and tells
// the log how many wait for one.
import { app, type Timer } from '@azure/functions';
import { followUpLeft } from '../shared/flows/orders/follow-up.ts';
import { tellHeld } from '../shared/flows/orders/tell-held.ts';
import { job } from '../shared/job.ts';

app.timer('follow-up-orders', {
  schedule: '45 * * * * *',
  handler: job<Timer>('follow-up-orders', async (_timer, { clients, clock, log }) => {
    await followUpLeft(clients, { clock, log });
    await tellHeld(clients, log);
  }),
});
