// What the database costs: request units and requests of a tick and of a fetch, beside 100, 1,000 and 10,000 services.
// Usage: node local/setup.mjs bench/request-units.ts   (about a minute; the charges are those of local/cosmos/request-charge.ts)
import { tableLines } from '../local/table.ts';
import { enqueueDueMailboxes } from '../shared/flows/intake/poll.ts';
import { deliverPending } from '../shared/flows/services/outbox.ts';
import { corpus } from './corpus.ts';
import { costOf } from './cost.ts';
import { startOneMailbox } from './one-mailbox.ts';

let passedMs = 0;
const clock = () => new Date(Date.now() + passedMs);
await using opened = new AsyncDisposableStack();
const { stack, clients, log, deliver, fetchOnce, fill } = await startOneMailbox(opened, clock);
const mails = corpus(1_000);

/** Request units and requests, as the database counted them. */
const cost = async (run: () => Promise<unknown>) => (await costOf(stack.cosmos, run)).figure;

const fetched = async (count: number) => {
  await deliver(Array.from({ length: count }, () => mails.next().value as Buffer));
  return cost(fetchOnce);
};
const tick = () =>
  cost(async () => {
    await enqueueDueMailboxes(clients, clock(), log);
    await deliverPending(clients, clock(), log);
  });

await fetched(1);
const rows: string[][] = [];
for (const count of [100, 1_000, 10_000]) {
  await fill(count);
  const [changed, unchanged] = [await tick(), await tick()];
  const idle = await cost(fetchOnce);
  passedMs += 60_000;
  const fetches = [await fetched(1), await fetched(1), await fetched(100)];
  rows.push([count.toLocaleString('en'), changed, unchanged, idle, ...fetches]);
}
const head = [
  'services',
  'tick after a change',
  'tick',
  'idle fetch',
  'one mail, first of a minute',
  'one mail',
  '100 mails',
];
console.log(tableLines(head, rows, [10, 20, 12, 12, 30, 12, 16]).join('\n'));
