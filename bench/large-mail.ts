// The memory that one large mail takes: it goes over the disk, never through memory as a whole.
// Usage: node local/setup.mjs bench/large-mail.ts [MEGABYTES]...   (1 and 100 unless told)
import { tableLines } from '../local/table.ts';
import { startMailroom } from './mailroom.ts';

const sizes = process.argv.slice(2).map(Number);
const rows: string[][] = [];
for (const megabytes of sizes.length > 0 ? sizes : [1, 100]) {
  const room = await startMailroom([largeMail(megabytes)]);
  const { seconds, peakMegabytes } = await room.takeIn();
  rows.push([`${megabytes} MB`, `${seconds.toFixed(1)} s`, `${peakMegabytes.toFixed(0)} MB`]);
  await room.close();
}
console.log(tableLines(['mail', 'time', "peak memory of the app's process"], rows, [10, 10, 40]).join('\n'));

function largeMail(megabytes: number): Buffer {
  const head =
    'Subject: large\r\nContent-Type: video/mp4; name=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  const line = `${Buffer.alloc(57, 'malote').toString('base64')}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.alloc(megabytes * 1e6, line)]);
}
