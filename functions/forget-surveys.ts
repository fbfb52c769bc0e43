// Timer: every five minutes, forgets surveys that are older than the settings keep them.
import { app, type Timer } from '@azure/functions';
import { forgetOldSurveys } from '../shared/flows/forget/forget-surveys.ts';
import { job } from '../shared/job.ts';

app.timer('forget-surveys', {
  schedule: '40 */5 * * * *',
  handler: job<Timer>('forget-surveys', (_timer, { clients, clock, log }) =>
    forgetOldSurveys(clients, { clock, log }),
  ),
});
