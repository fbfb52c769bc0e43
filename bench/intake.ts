// One run of intake: mails from Dovecot to the bus through the whole stack, everything on this machine.
// Usage: npm run bench -- [MAILS] [--latency] [--protocol imap|pop3|graph] [--app DIR]   (5,000 over IMAP unless told)
//   --latency  answers take as long as Azure's and a mail server's (bench/latency.ts)
//   --app DIR  the app of another checkout, against today's stand-ins: with today's host.json, and node_modules or a link to them

import { tableLines } from '../local/table.ts';
import { readBench, refuse, toCount } from './command-line.ts';
import { corpus } from './corpus.ts';
import { protocols } from './filled-stack.ts';
import { startMailroom } from './mailroom.ts';

const { values, positionals } = readBench({
  latency: { type: 'boolean', default: false },
  protocol: { type: 'string', default: 'imap' },
  app: { type: 'string' },
});
const protocol = protocols.find(name => name === values.protocol);
if (!protocol) refuse(`No protocol "${values.protocol}"`);

/** Before anything is measured; in a function app that is running they were taken in long ago. */
const WARM_UP = 200;

const room = await startMailroom(corpus(WARM_UP + toCount(positionals)), {
  warmUp: WARM_UP,
  protocol,
  latency: values.latency,
  ...(values.app === undefined ? {} : { appDir: values.app }),
});
const { seconds, cpuSeconds, peakMegabytes } = await room.takeIn();
const rows = [
  ['mails', String(room.count)],
  ['bytes', `${(room.bytes / 1e6).toFixed(0)} MB`],
  ['time', `${seconds.toFixed(1)} s`],
  ['mails per second', (room.count / seconds).toFixed(0)],
  ["CPU of the app's process per mail", `${((cpuSeconds * 1000) / room.count).toFixed(2)} ms`],
  ["peak memory of the app's process", `${peakMegabytes.toFixed(0)} MB`],
];
console.log(tableLines(['figure', 'value'], rows, [40, 20]).join('\n'));
await room.close();
