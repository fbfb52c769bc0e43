// What mails of several kinds, an idle look and a tick cost in operations: of the database, with the plans that its SDK asks for, of
// blobs, bus and mail server, as the stand-ins count them. For the estimate in docs/operations.md.
// Usage: node local/setup.mjs bench/operations.ts   (half a minute)
import { tableLines } from '../local/table.ts';
import { enqueueDueMailboxes } from '../shared/flows/intake/poll.ts';
import { corpus, mailOf } from './corpus.ts';
import { type Counts, countingOf, sum } from './count-operations.ts';
import { startOneMailbox } from './one-mailbox.ts';

await using opened = new AsyncDisposableStack();
const mailbox = await startOneMailbox(opened);
const { clients, log, deliver, fetchOnce } = mailbox;
const count = countingOf(mailbox);
const rows: string[][] = [];

// The first of a minute reads what all services share.
await deliver([mailOf(10_000)]);
await fetchOnce();
await tellOf('one small mail', [mailOf(10_001)]);
await tellOf('with an attachment of 60 kB', [mailOf(10_002, 60_000)]);
await tellOf('with one of 1 MB', [mailOf(10_003, 1_000_000)]);
await tellOf('a batch of 100', corpus(100));
await tell('an idle look', fetchOnce);
await tell('a tick of one mailbox', () => enqueueDueMailboxes(clients, new Date(), log));
const head = ['what', 'RU', 'requests', 'plans', 'blobs', 'sends', 'IMAP commands'];
console.log(tableLines(head, rows, [30, 8, 8, 8, 8, 8, 16]).join('\n'));

async function tellOf(what: string, mails: Iterable<Buffer>): Promise<void> {
  await deliver(mails);
  await tell(what, fetchOnce);
}

async function tell(what: string, run: () => Promise<unknown>): Promise<void> {
  const { units, requests, plans, operations, blobs, bus, commands } = await count(run);
  rows.push([what, units.toFixed(0), ...[requests, plans, sum(blobs), sum(bus), sum(commands)].map(String)]);
  console.log(`${what}: ${[operations, ...[blobs, bus, commands].map(told)].filter(Boolean).join('; ')}`);
}

function told(counts: Counts): string {
  return [...counts].map(([kind, n]) => `${n} ${kind}`).join(', ');
}
