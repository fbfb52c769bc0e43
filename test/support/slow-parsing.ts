// Loaded before the app: its parsing threads stand still at mails of one subject, as at a mail that nobody can bound.
import { isMainThread, parentPort } from 'node:worker_threads';
import type { ParseJob } from '../../shared/mime/parse-worker.ts';

const slowSubject = 'Subject: takes for ever';

function standStill(input: ParseJob['input']): typeof input {
  const isSlow = 'bytes' in input && Buffer.from(input.bytes).includes(slowSubject);
  if (isSlow) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  return input;
}

/** When the thread comes to a job it asks for its input. To listen ourselves would take the first job away from it. */
if (!isMainThread && parentPort) {
  const port = parentPort;
  const on: (event: string, listener: (job: ParseJob) => void) => typeof port = port.on.bind(port);
  port.on = ((event: string, listener: (job: ParseJob) => void) =>
    on(event, ({ input, options }) =>
      listener({
        get input() {
          return standStill(input);
        },
        options,
      }),
    )) as typeof port.on;
}
