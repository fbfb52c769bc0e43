// Timer: every minute, brings about what must follow invitations and answers, where the request that made them could not.
import { app, type Timer } from '@azure/functions';
import { followUpLeft } from '../shared/flows/surveys/follow-up.ts';
import { job } from '../shared/job.ts';

app.timer('follow-up-surveys', {
  schedule: '35 * * * * *',
  handler: job<Timer>('follow-up-surveys', (_timer, { clients, clock, log }) =>
    followUpLeft(clients, { clock, log }),
  ),
});
