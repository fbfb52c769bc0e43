// Timer: every minute, finishes mails that were stored and not published.
import { app, type Timer } from '@azure/functions';
import { finishStored } from '../shared/flows/intake/finish-stored.ts';
import { job } from '../shared/job.ts';

app.timer('finish-stored', {
  schedule: '30 * * * * *',
  handler: job<Timer>('finish-stored', (_timer, { clients, clock, log }) =>
    finishStored(clients, { log, clock }),
  ),
});
