// Timer: every five minutes, tells whoever watches how the whole is doing.
import { app, type Timer } from '@azure/functions';
import { tellGauges } from '../shared/flows/watch/tell-gauges.ts';
import { job } from '../shared/job.ts';

app.timer('tell-gauges', {
  schedule: '50 */5 * * * *',
  handler: job<Timer>('tell-gauges', (_timer, { clients, clock, log }) => tellGauges(clients, clock(), log)),
});
