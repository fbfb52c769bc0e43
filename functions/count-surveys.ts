// Timer: every five minutes, counts anew the days of surveys whose figures changed.
import { app, type Timer } from '@azure/functions';
import { countLeft } from '../shared/flows/surveys/count.ts';
import { job } from '../shared/job.ts';

app.timer('count-surveys', {
  schedule: '30 */5 * * * *',
  handler: job<Timer>('count-surveys', (_timer, { clients, clock, log }) =>
    countLeft(clients, { clock, log }),
  ),
});
