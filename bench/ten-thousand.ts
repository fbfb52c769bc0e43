// Where the first wall is when there are ever more mailboxes: a simulation from operations that are counted here, and Azure's limits.
// Usage: node local/setup.mjs bench/ten-thousand.ts   (a minute)
import { tableLines } from '../local/table.ts';
import { enqueueDueMailboxes } from '../shared/flows/intake/poll.ts';
import { corpus, mailOf } from './corpus.ts';
import { countingOf, type Operations, sum } from './count-operations.ts';
import { startOneMailbox } from './one-mailbox.ts';

// Limits as Microsoft publishes them. A container of a serverless account begins with 5,000 RU/s
// (https://learn.microsoft.com/azure/cosmos-db/serverless-performance), one logical partition never has more than 10,000
// (https://learn.microsoft.com/azure/cosmos-db/concepts-limits). A Standard namespace of Service Bus takes 1,000 operations a second, a
// message sent or received is one, and so is a filter that it is held against
// (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-throttling). Instances wanted are the length of the queue by
// 16 (https://learn.microsoft.com/azure/azure-functions/functions-target-based-scaling); a region gives a subscription 512,000 MB for
// all its apps of this plan (https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan).
const CONTAINER_UNITS = 5_000;
const BUS_OPERATIONS = 1_000;
const AT_ONCE = 16;
const INSTANCE_MB = 2_048;
const QUOTA_MB = 512_000;

// What is assumed, for nobody can count it here: how long Azure and a mail server take to answer, how much of a day's mail comes in
// its busiest hour, and that each mail of it comes alone, which is the dearest.
const LATENCY_MS = { commands: 40, database: 6, blobs: 12, bus: 10 };
const BUSIEST_HOUR = 0.12;

await using opened = new AsyncDisposableStack();
const mailbox = await startOneMailbox(opened);
const { clients, log, deliver, fetchOnce, fill } = mailbox;
const count = countingOf(mailbox);
const clock = () => new Date();

await deliver([mailOf(1)]);
const first = await count(fetchOnce);
await deliver([mailOf(2, 60_000)]);
const mail = await count(fetchOnce);
await deliver(corpus(100));
const batch = await count(fetchOnce);
const idle = await count(fetchOnce);
await fill(1_000);
const listed = await count(() => clients.readActiveServices(clock()));
const tick = await count(() => clients.readActiveServices(clock()));
const sends = await count(() => enqueueDueMailboxes(clients, clock(), log));
if (sum(sends.bus) === 0) throw new Error('The tick asked for nobody.');

/** Request units of one container. */
function units({ charged }: Operations, container: string): number {
  return [...charged]
    .filter(([operation]) => operation.endsWith(` ${container}`))
    .reduce((total, [, charge]) => total + charge.units, 0);
}

/** How long something takes where nothing is done at once but blobs. */
function seconds({ commands, requests, blobs, bus }: Operations): number {
  const waits = sum(commands) * LATENCY_MS.commands + requests * LATENCY_MS.database;
  return (waits + (sum(blobs) > 0 ? LATENCY_MS.blobs : 0) + sum(bus) * LATENCY_MS.bus) / 1000;
}

const listedUnits = units(listed, 'catalog') / 1_000;
/** What all services share, read once a minute by a process that has work. */
const sharedUnits = units(first, 'catalog') - units(mail, 'catalog');

type Load = { mailboxes: number; pollSeconds: number; mailsADay: number };
/** How it is built: what a tick does with its messages, and how often a process reads the list of services. */
type Build = { isSpread: boolean; sentASecond: number; listsAMinute: number };

/** Of each limit how much is used, 1 is all, in the busiest second of the busiest hour. */
function used({ mailboxes, pollSeconds, mailsADay }: Load, { isSpread, sentASecond, listsAMinute }: Build) {
  const looks = mailboxes / pollSeconds;
  const mails = (mailboxes * mailsADay * BUSIEST_HOUR) / 3_600;
  const due = looks * 60;
  // Messages that are there at once: those of a tick, or those of the looks that are under way.
  const underWay = looks * seconds(idle) + mails * seconds(mail);
  const instances = Math.max(1, Math.ceil((isSpread ? underWay : due) / AT_ONCE));
  const perMinute = instances * (sharedUnits + listsAMinute * listedUnits * mailboxes);
  const catalog = looks * units(idle, 'catalog') + mails * units(mail, 'catalog') + perMinute / 60;
  const sent = Math.min(due, sentASecond);
  // A look is received; a mail is sent, held against a filter, and received by the platform.
  const bus = sent + looks + mails * 3;
  return {
    'catalogue, RU/s': catalog / CONTAINER_UNITS,
    'mailboxes, RU/s':
      (looks * units(idle, 'mailboxes') + mails * units(mail, 'mailboxes')) / CONTAINER_UNITS,
    'ledger, RU/s': (mails * units(mail, 'ledger')) / CONTAINER_UNITS,
    'bus, operations/s': bus / BUS_OPERATIONS,
    'sending within the minute': due / (sentASecond * 50),
    'instances in the region': (instances * INSTANCE_MB) / QUOTA_MB,
  };
}

/** The wall that is met first, and with how many mailboxes. */
function firstWall(load: Omit<Load, 'mailboxes'>, build: Build): { wall: string; mailboxes: number } {
  const isWithin = (mailboxes: number) =>
    Object.values(used({ ...load, mailboxes }, build)).every(u => u <= 1);
  let [low, high] = [1, 10_000_000];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isWithin(middle)) low = middle;
    else high = middle;
  }
  const [wall = ''] = Object.entries(used({ ...load, mailboxes: high }, build))
    .filter(([, share]) => share > 1)
    .map(([name]) => name);
  return { wall, mailboxes: low };
}

const before: Build = { isSpread: false, sentASecond: Number.POSITIVE_INFINITY, listsAMinute: 1 };
const paced: Build = { ...before, sentASecond: 500 };
const steps: [string, Build][] = [
  ['before', before],
  ['sent 500 a second', paced],
  ['and spread over the minute', { ...paced, isSpread: true }],
  ['and the list of services kept', { ...paced, isSpread: true, listsAMinute: 1 / 60 }],
];

console.log(
  tableLines(
    ['counted', 'catalogue RU', 'mailboxes RU', 'ledger RU', 'commands', 'seconds'],
    [
      ['an idle look', idle] as const,
      ['a mail alone', mail] as const,
      ['100 mails together', batch] as const,
      ['a tick without a change', tick] as const,
      ['a list of 1,000 services', listed] as const,
    ].map(([what, of]) => [
      what,
      ...['catalog', 'mailboxes', 'ledger'].map(container => units(of, container).toFixed(1)),
      String(sum(of.commands)),
      seconds(of).toFixed(2),
    ]),
    [26, 14, 14, 10, 10, 8],
  ).join('\n'),
);

const loads = [60, 300, 600].flatMap(pollSeconds =>
  [10, 100, 500].map(mailsADay => ({ pollSeconds, mailsADay })),
);
const walls = loads.map(load => [
  String(load.pollSeconds),
  String(load.mailsADay),
  ...steps.map(([, build]) => {
    const { wall, mailboxes } = firstWall(load, build);
    return `${mailboxes.toLocaleString('en')}: ${wall}`;
  }),
]);
const head = ['pollSeconds', 'mails/day', ...steps.map(([name]) => name)];
console.log(`\n${tableLines(head, walls, [12, 10, 36, 36, 36, 36]).join('\n')}`);

const shares = loads.map(load => {
  const share = used({ ...load, mailboxes: 10_000 }, steps.at(-1)?.[1] ?? before);
  return [
    String(load.pollSeconds),
    String(load.mailsADay),
    ...Object.values(share).map(u => `${(u * 100).toFixed(0)} %`),
  ];
});
const names = Object.keys(used({ mailboxes: 1, pollSeconds: 60, mailsADay: 1 }, before));
console.log(
  `\n10,000 mailboxes, as it is now; of each limit\n${tableLines(['pollSeconds', 'mails/day', ...names], shares, [12, 10, 16, 16, 14, 18, 26, 24]).join('\n')}`,
);
