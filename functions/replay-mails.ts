// Queue: goes on with the replay of many mails; and every minute, by a timer, with those whose message was lost.
import { app, type Timer } from '@azure/functions';
import * as z from 'zod';
import { resumeReplays, runReplay } from '../shared/flows/replays/run.ts';
import { job } from '../shared/job.ts';

/** A message that names no job is of no use to anybody. */
const message = z.object({ replayId: z.uuid() });

app.serviceBusQueue('replay-mails', {
  connection: 'ServiceBus',
  queueName: 'replay-mails',
  handler: job<unknown>('replay-mails', (received, { clients, clock, log }) =>
    runReplay(clients, message.parse(received).replayId, { clock, log }),
  ),
});

app.timer('resume-replays', {
  schedule: '15 * * * * *',
  handler: job<Timer>('resume-replays', (_timer, { clients, clock, log }) =>
    resumeReplays(clients, { clock, log }),
  ),
});
