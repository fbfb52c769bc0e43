// Runs one function app as a process of its own.
//   node local/host/main.ts [--port N] [--dir DIR] [--entry GLOB]... [--state DIR] [--grace SECONDS]
//
// Every line on stdout is JSON: `{"event":"host-started","port":7071,...}` once it is ready, and the host's
// log. It ends on SIGTERM and SIGINT, when what its timers and messages started is done or SECONDS (30) are over, and with
// the process that forked it; with exit code 70 when a function ran longer than functionTimeout.

import { parseArgs } from 'node:util';
import { type Host, startHost } from './host.ts';
import { describeError } from './host-log.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '7071' },
    dir: { type: 'string', default: '.' },
    entry: { type: 'string', multiple: true, default: ['functions/*.ts'] },
    state: { type: 'string' },
    grace: { type: 'string', default: '30' },
  },
});

const write = (record: object): void => {
  process.stdout.write(`${JSON.stringify(record)}\n`);
};

let host: Host;
try {
  host = await startHost({
    appDir: values.dir,
    port: Number(values.port),
    entryPoints: values.entry,
    log: write,
    stateDir: values.state,
    graceMs: Number(values.grace) * 1000,
    endWorker: () => process.exit(70),
  });
} catch (error) {
  write({ event: 'host-failed', message: describeError(error) });
  process.exit(1);
}

let ending = false;
const end = async (): Promise<void> => {
  // A second signal: whoever sent it does not want to wait.
  if (ending) process.exit(1);
  ending = true;
  await host.close();
  // The app may hold sockets and threads of its own; in Azure the worker is killed.
  process.exit(0);
};
for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, () => void end());

write({ event: 'host-started', port: host.port, url: host.url, functions: host.functions });
