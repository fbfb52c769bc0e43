// Timer functions: one that runs at start, one by the hour, one that is slow, one by the second.

import { app, type Timer } from '@azure/functions';
import { gate, observe } from '../observations.ts';

app.timer('at-startup', {
  schedule: '0 0 0 1 1 *',
  runOnStartup: true,
  handler: timer => observe('at-startup', timer),
});

app.timer('hourly', {
  schedule: '%HOURLY%',
  handler: timer => observe('hourly', timer),
});

app.timer('slow-timer', {
  schedule: '0 0 * * * *',
  handler: async timer => {
    observe('slow-timer', timer);
    await gate('slow-timer').promise;
  },
});

app.timer('every-second', {
  schedule: '* * * * * *',
  handler: (timer: Timer) => observe('every-second', timer),
});

app.timer('failing', {
  schedule: '30 * * * * *',
  handler: () => {
    observe('failing');
    throw new Error('failed on purpose');
  },
});
