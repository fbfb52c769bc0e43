// Timer: every minute, brings about what must follow the orders of mails, where the request that gave them could not.
import { app, type Timer } from '@azure/functions';
import { followUpLeft } from '../shared/flows/orders/follow-up.ts';
import { job } from '../shared/job.ts';

app.timer('follow-up-orders', {
  schedule: '45 * * * * *',
  handler: job<Timer>('follow-up-orders', (_timer, { clients, clock, log }) =>
    followUpLeft(clients, { clock, log }),
  ),
});
