// Timer: every five minutes, forgets mails that are older than the settings keep them.
import { app, type Timer } from '@azure/functions';
import { forgetOldMails } from '../shared/flows/forget/retention.ts';
import { job } from '../shared/job.ts';

app.timer('forget-mails', {
  schedule: '15 */5 * * * *',
  handler: job<Timer>('forget-mails', (_timer, { clients, clock, log }) =>
    forgetOldMails(clients, { clock, log }),
  ),
});
