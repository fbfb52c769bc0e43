// The memory that one large mail takes: it goes over the disk, never through memory as a whole. Both the source and the
// bundle are measured: the bundle is what runs in Azure.
// Usage: node local/setup.mjs bench/large-mail.ts [imap] [pop3] [graph] [MEGABYTES]...   (all, and 1 and 100, unless told)
import { execFileSync } from 'node:child_process';
import { tableLines } from '../local/table.ts';
import { readBench, refuse } from './command-line.ts';
import { startMailroom } from './mailroom.ts';

const known = ['imap', 'pop3', 'graph'] as const;
const { positionals: words } = readBench({});
const protocols = known.filter(name => words.includes(name) || !words.some(isProtocol));
const asked = words.filter(word => !isProtocol(word)).map(Number);
const sizes = asked.length > 0 ? asked : [1, 100];
if (sizes.some(Number.isNaN)) refuse(`Neither a protocol nor a number: ${words.join(' ')}`);

execFileSync(process.execPath, ['build.ts'], { stdio: ['ignore', 'ignore', 'inherit'] });
const entries = { source: 'functions/*.ts', bundle: 'dist/app.js' };
const rows: string[][] = [];
for (const protocol of protocols) {
  for (const megabytes of sizes) {
    for (const [app, entry] of Object.entries(entries)) {
      const room = await startMailroom([largeMail(megabytes)], { protocol, entry });
      const { seconds, peakMegabytes } = await room.takeIn();
      const figures = [`${seconds.toFixed(1)} s`, `${peakMegabytes.toFixed(0)} MB`];
      rows.push([`${megabytes} MB`, protocol, app, ...figures]);
      await room.close();
    }
  }
}
const head = ['mail', 'protocol', 'app', 'time', "peak memory of the app's process"];
console.log(tableLines(head, rows, [10, 10, 10, 10, 40]).join('\n'));

function isProtocol(word: string): boolean {
  return known.some(name => name === word);
}

function largeMail(megabytes: number): Buffer {
  const head =
    'Subject: large\r\nContent-Type: video/mp4; name=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  const line = `${Buffer.alloc(57, 'malote').toString('base64')}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.alloc(megabytes * 1e6, line)]);
}
