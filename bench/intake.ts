// One run of intake: mails from Dovecot to the bus through the whole stack, everything on this machine.
// Usage: npm run bench -- [MAILS]   (5,000 unless told)
import { tableLines } from '../local/table.ts';
import { corpus } from './corpus.ts';
import { readCount } from './count.ts';
import { startMailroom } from './mailroom.ts';

const room = await startMailroom(corpus(readCount()));
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
