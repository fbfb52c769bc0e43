// Hours of mixed load with faults, by a seed: every mail that was accepted is published once in effect, memory stays flat, no handle leaks.
// Usage: node local/setup.mjs bench/soak.ts [--minutes 60] [--seed 1]   (5 minutes say much already)
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { startApp } from '../local/app.ts';
import { readArguments } from '../local/arguments.ts';
import { dovecotMissing, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { startMailProxy } from '../local/mail/fault-proxy.ts';
import { openMailbox } from '../local/mail/mailbox.ts';
import { startStack } from '../local/stack.ts';
import { tableLines } from '../local/table.ts';
import { corpus } from './corpus.ts';
import { generator } from './random.ts';
import { troubles } from './soak-faults.ts';

const { values } = readArguments('node local/setup.mjs bench/soak.ts', {
  options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const minutes = Number(values.minutes);
const random = generator(Number(values.seed));
const between = (low: number, high: number) => low + random() * (high - low);

/** After the last fault a lease may still hold, a back-off wait, and a mailbox be asked once a minute. */
const LONGEST_END_MS = 10 * 60_000;
const mailboxes = { imap: 4, pop3: 2, graph: 2 };

if (!findDovecot()) throw new Error(dovecotMissing);
await using opened = new AsyncDisposableStack();
const dir = await mkdtemp(join(tmpdir(), 'malote-soak-'));
opened.defer(() => rm(dir, { recursive: true, force: true }));
const ports = { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 };
const stack = await startStack({ dir, ports, tlsDir: resolve('.local/tls') });
opened.defer(stack.close);
const dovecot = await startDovecot({ dir: join(dir, 'dovecot'), tls: stack.authority });
opened.defer(dovecot.close);
const tls = stack.authority;
const imap = await startMailProxy({ serverPort: dovecot.ports.imap, tls });
opened.defer(imap.close);
const pop3 = await startMailProxy({ protocol: 'pop3', serverPort: dovecot.ports.pop3, tls });
opened.defer(pop3.close);

const environment = {
  ...stack.environment,
  MAIL_ALLOW_PRIVATE_HOSTS: 'true',
  MAIL_EXTRA_PORTS: `${imap.port},${pop3.port}`,
};
const start = () =>
  startApp({ port: 0, environment, logFile: join(dir, 'app.log'), stateDir: join(dir, 'host') });
let app = await start();
opened.defer(() => app.close());

const published = new Map<string, Set<string>>();
let repeats = 0;
const bus = new ServiceBusClient(stack.serviceBus.connectionString);
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

await call('PUT', '/api/groups/soak', { name: 'Soak' });
const inboxes = [
  ...(await Promise.all(Array.from({ length: mailboxes.imap }, (_, n) => addMailbox('imap', n)))),
  ...(await Promise.all(Array.from({ length: mailboxes.pop3 }, (_, n) => addMailbox('pop3', n)))),
  ...(await Promise.all(Array.from({ length: mailboxes.graph }, (_, n) => addGraphMailbox(n)))),
];

const faultCounts = new Map<string, number>();
/** What each process of the app used, sampled; a kill begins another. */
const lives: { megabytes: number; handles: number }[][] = [[]];
let replaced: Promise<void> | undefined;
const next = troubles(
  random,
  {
    database: stack.cosmos.faults,
    blobs: stack.blob.faults,
    bus: stack.serviceBus.faults,
    graph: stack.graph.faults,
    imap: imap.faults,
    pop3: pop3.faults,
  },
  () => {
    replaced ??= replaceApp().finally(() => {
      replaced = undefined;
    });
  },
);
const accepted = new Map<string, number>();
const endsAt = Date.now() + minutes * 60_000;
const [delivering, failing, watching] = [deliver(), fail(), watch(() => Date.now() < endsAt)];
await Promise.all([delivering, failing, watching]);
await replaced;
for (const { faults } of [stack.cosmos, stack.blob, stack.serviceBus, stack.graph, imap, pop3])
  faults.clear();
console.log(`${accepted.size} mails were delivered; no more faults from here on`);
const givenUpAt = Date.now() + LONGEST_END_MS;
await watch(async () => Date.now() < givenUpAt && (missing().length > 0 || (await left()) > 0));

const doubled = [...published].filter(([, ids]) => ids.size > 1);
const remaining = await left();
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
      ['lives of two minutes and more: MB and handles at first, at last', longLives().join('; ') || 'none'],
    ],
    [70, 70],
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
    const inbox = inboxes[Math.floor(random() * inboxes.length)];
    const [, messageId = ''] = /^Message-ID: (.*)\r$/m.exec(raw.toString('latin1')) ?? [];
    await inbox?.deliver(raw);
    accepted.set(messageId, Date.now());
    if (random() < 0.98) await sleep(between(0, 700));
  }
}

async function fail(): Promise<void> {
  while (Date.now() < endsAt) {
    await sleep(between(3_000, 12_000));
    const { name, begin } = next();
    faultCounts.set(name, (faultCounts.get(name) ?? 0) + 1);
    begin();
  }
}

/** Ends the app as a machine that dies does. */
async function replaceApp(): Promise<void> {
  process.kill(app.pid, 'SIGKILL');
  await app.ended;
  app = await start();
  lives.push([]);
}

/** A sample every five seconds, and a line every half minute. */
async function watch(goesOn: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 1; await goesOn(); n++) {
    await sleep(5_000);
    const sample = await sampleOf(app.pid).catch(() => undefined);
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

/** How many mails are still in their folder, counted by what their services say. */
async function left(): Promise<number> {
  const counts = await Promise.all(
    inboxes.map(async ({ id }) => {
      const { waiting, undisposed } = (await call('GET', `/api/services/${id}/status`)).counts;
      return waiting + undisposed;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Of the second to fourth sample, when what is loaded on first use is there, and of the last three. */
function longLives(): string[] {
  const mean = (list: (typeof lives)[number], of: 'megabytes' | 'handles') =>
    (list.reduce((sum, sample) => sum + sample[of], 0) / list.length).toFixed(0);
  return lives
    .filter(({ length }) => length >= 24)
    .map(life => [life.slice(6, 12), life.slice(-6)] as const)
    .map(
      ([first, last]) =>
        `${mean(first, 'megabytes')} and ${mean(first, 'handles')}, ${mean(last, 'megabytes')} and ${mean(last, 'handles')}`,
    );
}

async function sampleOf(pid: number): Promise<{ megabytes: number; handles: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const megabytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000;
  return { megabytes, handles: (await readdir(`/proc/${pid}/fd`)).length };
}

async function addMailbox(protocol: 'imap' | 'pop3', n: number) {
  const user = `${protocol}${n}`;
  await dovecot.addUser(user, 'soak');
  const port = dovecot.ports.imaps;
  const mailbox = await openMailbox({ port, ca: tls.caPem, user, password: 'soak' });
  opened.defer(mailbox.close);
  await mailbox.createFolder('Done');
  const id = await register({
    protocol,
    host: 'localhost',
    port: protocol === 'imap' ? imap.port : pop3.port,
    tls: 'implicit',
    address: `${user}@contact.example`,
    username: user,
    afterRead: protocol === 'imap' ? { action: 'move', folder: 'Done' } : { action: 'delete' },
    auth: { type: 'basic', password: 'soak' },
  });
  return { id, deliver: (raw: Buffer) => mailbox.deliver('INBOX', raw) };
}

async function addGraphMailbox(n: number) {
  const { graph, entra } = stack;
  const address = `graph${n}@contoso.example`;
  graph.addMailbox(address);
  graph.createFolder(address, 'Done');
  const id = await register({
    protocol: 'graph',
    address,
    afterRead: { action: 'move', folder: 'Done' },
    auth: { type: 'oauth', flow: 'clientCredentials', tenantId: entra.tenantId, ...entra.mailApps.secret },
  });
  return { id, deliver: async (raw: Buffer) => void graph.deliver(address, 'inbox', raw) };
}

async function register(mailbox: { address: string; [setting: string]: unknown }): Promise<string> {
  const groups = [{ groupId: 'soak' }];
  return (
    await call('POST', '/api/services', { name: mailbox.address, readFrom: '2020-01-01', groups, mailbox })
  ).id;
}

async function call(method: string, path: string, body?: unknown) {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(app.url + path, {
        method,
        headers: {
          authorization: `Bearer ${await stack.entra.token('Admin')}`,
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.ok) return JSON.parse(text);
      throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    } catch (error) {
      if (attempt === 5) throw error;
      await sleep(2_000);
    }
  }
}
