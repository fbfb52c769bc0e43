// Hours of mixed load with faults, by a seed: every mail that was accepted is published once in effect, memory stays flat, no handle leaks.
// Usage: node local/setup.mjs bench/soak.ts [--minutes 60] [--seed 1]   (5 minutes say much already)
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { tableLines } from '../local/table.ts';
import { readBench, refuse } from './command-line.ts';
import { corpus } from './corpus.ts';
import { generator } from './random.ts';
import { troubles } from './soak-faults.ts';
import { startSoakRoom, type Use } from './soak-room.ts';

const { values } = readBench({
  minutes: { type: 'string', default: '60' },
  seed: { type: 'string', default: '1' },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0)) refuse(`--minutes is a number above 0, not "${values.minutes}"`);
if (!Number.isInteger(seed)) refuse(`--seed is a whole number, not "${values.seed}"`);
const random = generator(seed);
const between = (low: number, high: number) => low + random() * (high - low);

/** After the last fault a lease may still hold, a back-off wait, and a mailbox be asked once a minute. */
const LONGEST_END_MS = 10 * 60_000;

await using opened = new AsyncDisposableStack();
const room = await startSoakRoom(opened, { imap: 4, pop3: 2, graph: 2 });

const published = new Map<string, Set<string>>();
let repeats = 0;
const bus = new ServiceBusClient(room.connectionString);
opened.defer(() => bus.close());
bus.createReceiver('mail-events', 'platform', { receiveMode: 'receiveAndDelete' }).subscribe({
  processMessage: async ({ body: { id, type, data } }) => {
    if (type !== 'mail.received') return;
    const ids = published.get(data.headers.messageId) ?? new Set();
    if (ids.has(id)) repeats += 1;
    published.set(data.headers.messageId, ids.add(id));
  },
  processError: async () => {},
});

const faultCounts = new Map<string, number>();
/** What each process of the app used, sampled; a kill begins another. */
const lives: Use[][] = [[]];
let replaced: Promise<void> | undefined;
const next = troubles(random, room.faults, () => {
  replaced ??= replaceApp().finally(() => {
    replaced = undefined;
  });
});
const accepted = new Map<string, number>();
const endsAt = Date.now() + minutes * 60_000;
const [delivering, failing, watching] = [deliver(), fail(), watch(() => Date.now() < endsAt)];
await Promise.all([delivering, failing, watching]);
await replaced;
mend();
console.log(`${accepted.size} mails were delivered; no more faults from here on`);
const givenUpAt = Date.now() + LONGEST_END_MS;
await watch(async () => Date.now() < givenUpAt && (missing().length > 0 || (await room.left()) > 0));

const doubled = [...published].filter(([, ids]) => ids.size > 1);
const remaining = await room.left();
console.log(
  tableLines(
    ['figure', 'value'],
    [
      ['minutes, seed', `${minutes}, ${values.seed}`],
      ['mails delivered', String(accepted.size)],
      ['published', String(published.size)],
      ['not published', String(missing().length)],
      ['published under two ids', String(doubled.length)],
      ['repeats of an id', String(repeats)],
      ['left in a mailbox', String(remaining)],
      ['faults', String([...faultCounts.values()].reduce((sum, count) => sum + count, 0))],
      ['of them kills', String(faultCounts.get('kill') ?? 0)],
      ...longLives().map((life, n) => [`life ${n + 1}: MB and handles at first, at last`, life]),
    ],
    [50, 50],
  ).join('\n'),
);
console.log([...faultCounts].map(([name, count]) => `${count} ${name}`).join(', '));
if (missing().length > 0) console.log(`not published: ${missing().slice(0, 20).join(' ')}`);
if (doubled.length > 0)
  console.log(
    `under two ids: ${doubled
      .slice(0, 20)
      .map(([id]) => id)
      .join(' ')}`,
  );
if (missing().length + doubled.length + remaining > 0) process.exitCode = 1;

/** Some twenty mails a minute to each mailbox, and now and then many at once. */
async function deliver(): Promise<void> {
  for (const raw of corpus(1_000_000)) {
    if (Date.now() >= endsAt) return;
    const inbox = room.inboxes[Math.floor(random() * room.inboxes.length)];
    const [, messageId = ''] = /^Message-ID: (.*)\r$/m.exec(raw.toString('latin1')) ?? [];
    await inbox?.deliver(raw);
    accepted.set(messageId, Date.now());
    if (random() < 0.98) await sleep(between(0, 700));
  }
}

async function fail(): Promise<void> {
  while (Date.now() < endsAt) {
    await sleep(between(10_000, 40_000));
    // One thing at a time: a mailbox is looked at once a minute, and what nobody met would pile up.
    mend();
    const { name, begin } = next();
    faultCounts.set(name, (faultCounts.get(name) ?? 0) + 1);
    begin();
  }
}

function mend(): void {
  for (const faults of Object.values(room.faults)) faults.clear();
}

async function replaceApp(): Promise<void> {
  await room.replaceApp();
  lives.push([]);
}

/** A sample every five seconds, and a line every half minute. */
async function watch(goesOn: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 1; await goesOn(); n++) {
    await sleep(5_000);
    const sample = await room.use().catch(() => undefined);
    if (sample) lives.at(-1)?.push(sample);
    if (n % 6 > 0) continue;
    const since = missing().map(id => accepted.get(id) ?? 0);
    const oldestSeconds = since.length === 0 ? 0 : (Date.now() - Math.min(...since)) / 1000;
    console.log(
      `${new Date().toISOString()}  ${accepted.size} delivered, ${published.size} published, oldest of the others ${oldestSeconds.toFixed(0)} s, ${sample?.megabytes.toFixed(0)} MB, ${sample?.handles} handles`,
    );
  }
}

function missing(): string[] {
  return [...accepted.keys()].filter(id => !published.has(id));
}

/** Of lives of two minutes and more: half a minute when what is loaded on first use is there, and the last. */
function longLives(): string[] {
  const mean = (list: Use[], of: keyof Use) =>
    (list.reduce((sum, sample) => sum + sample[of], 0) / list.length).toFixed(0);
  return lives
    .filter(({ length }) => length >= 24)
    .map(life => [life.slice(6, 12), life.slice(-6)] as const)
    .map(
      ([first, last]) =>
        `${mean(first, 'megabytes')} and ${mean(first, 'handles')}, ${mean(last, 'megabytes')} and ${mean(last, 'handles')}`,
    );
}
