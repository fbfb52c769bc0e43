// One mailbox with thousands of mails that wait, beside fifty others that get one every ten seconds: do the others wait for it? The app
// polls by itself.
// Usage: node local/setup.mjs bench/one-among-others.ts [MAILS [MINUTES]]   (20000 and 3 unless told)
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { startApp } from '../local/app.ts';
import { dovecotMissing, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { type Mailbox, openMailbox } from '../local/mail/mailbox.ts';
import { chooseServerUser } from '../local/mail/server-user.ts';
import { tableLines } from '../local/table.ts';
import { createReference } from '../shared/azure/references-store.ts';
import { auditEntry } from '../shared/domain/audit.ts';
import { registerService } from '../shared/flows/services/register.ts';
import { createLog } from '../shared/log.ts';
import { readNumbers } from './command-line.ts';
import { cpuSeconds } from './process-use.ts';
import { startBench } from './start-stack.ts';
import { userService } from './user-service.ts';

const OTHERS = 50;
const BETWEEN_MS = 10_000;
/** How long the last mails are waited for: a tick, and what comes after it. */
const LONGEST_END_MS = 120_000;

const [mails, minutes] = readNumbers(20_000, 3) as [number, number];
const password = 'bench';
const actor = { oid: 'bench', name: 'bench', role: 'Admin' };
const log = createLog(() => {});
const clock = () => new Date();

if (!findDovecot()) throw new Error(dovecotMissing);
await using opened = new AsyncDisposableStack();
let [port, maildirs, ca] = [0, '', ''];
const { dir, stack, clients } = await startBench(opened, async ({ authority }, dir) => {
  const dovecot = await startDovecot({ dir: join(dir, 'dovecot'), tls: authority });
  opened.defer(dovecot.close);
  for (let n = 0; n <= OTHERS; n += 1) await dovecot.addUser(`user${n}`, password);
  [port, maildirs, ca] = [dovecot.ports.imaps, join(dir, 'dovecot', 'mail'), authority.caPem];
  return { MAIL_ALLOW_PRIVATE_HOSTS: 'true', MAIL_EXTRA_PORTS: String(port) };
});
await fill(0, mails);
const others: Mailbox[] = [];
for (let n = 1; n <= OTHERS; n += 1) {
  const mailbox = await openMailbox({ port, ca, user: `user${n}`, password });
  opened.defer(() => mailbox.close());
  others.push(mailbox);
}

const { catalog } = clients.database;
const entry = { id: 'bench', who: actor, action: 'created', kind: 'group', target: 'bench' } as const;
const pending = { audit: auditEntry({ ...entry, changes: [] }, clock()), event: null };
await createReference(catalog, 'group', { id: 'bench', name: 'Bench', obsolete: false }, pending);

/** When each mail of the others was delivered, and how long it took until its event was here. */
const deliveredAt = new Map<string, number>();
const waitsMs: number[] = [];
const ofTheLarge = new Set<string>();
const bus = new ServiceBusClient(stack.serviceBus.connectionString);
opened.defer(() => bus.close());
bus.createReceiver('mail-events', 'platform', { receiveMode: 'receiveAndDelete' }).subscribe({
  processMessage: async ({ body: { id, type, data } }) => {
    if (type !== 'mail.received') return;
    const { messageId } = data.headers;
    if (messageId.endsWith('@large.example>')) ofTheLarge.add(id);
    const at = deliveredAt.get(messageId);
    // A repeat is not there any more.
    if (at !== undefined && deliveredAt.delete(messageId)) waitsMs.push(Date.now() - at);
  },
  processError: async () => {},
});

const app = await startApp({
  port: 0,
  environment: { ...stack.environment, MAIL_ALLOW_PRIVATE_HOSTS: 'true', MAIL_EXTRA_PORTS: String(port) },
  logFile: join(dir, 'app.log'),
  stateDir: join(dir, 'host'),
});
opened.defer(() => app.close());
for (let n = 0; n <= OTHERS; n += 1) {
  const written = userService(n, { port, password, pollSeconds: 60 });
  await registerService(clients, written, { actor, now: clock(), clock, log });
}
const [began, cpuBefore] = [Date.now(), await cpuSeconds(app.pid)];
let delivered = 0;
for (let round = 0; Date.now() - began < minutes * 60_000; round += 1) {
  // One after the other over ten seconds, as they come.
  for (const [n, mailbox] of others.entries()) {
    await sleep(Math.max(0, began + round * BETWEEN_MS + (n * BETWEEN_MS) / OTHERS - Date.now()));
    const messageId = `<${randomUUID()}@contact.example>`;
    deliveredAt.set(messageId, Date.now());
    await mailbox.deliver('INBOX', mailOf(messageId));
    delivered += 1;
  }
}
const passedSeconds = (Date.now() - began) / 1000;
const [cameFar, cpu] = [ofTheLarge.size, (await cpuSeconds(app.pid)) - cpuBefore];
const until = Date.now() + LONGEST_END_MS;
while (deliveredAt.size > 0 && Date.now() < until) await sleep(500);

waitsMs.sort((one, other) => one - other);
const waitAt = (share: number) =>
  `${((waitsMs[Math.floor(waitsMs.length * share)] ?? 0) / 1000).toFixed(1)} s`;
const rows = [
  ['mails of the large one, minutes', `${mails}, ${minutes}`],
  ['mails of the 50 others: delivered, published', `${delivered}, ${waitsMs.length}`],
  ['their wait, median', waitAt(0.5)],
  ['their wait, 95 of 100', waitAt(0.95)],
  ['their wait, longest', `${((waitsMs.at(-1) ?? 0) / 1000).toFixed(1)} s`],
  ['mails of the large one that were published', cameFar.toLocaleString('en')],
  ['processors busy with the app', (cpu / passedSeconds).toFixed(2)],
];
console.log(tableLines(['figure', 'value'], rows, [52, 24]).join('\n'));

function mailOf(messageId: string): string {
  return `From: a@example.net\r\nSubject: Bench\r\nMessage-ID: ${messageId}\r\n\r\n${'A line of a mail as people write it.\r\n'.repeat(50)}`;
}

/** As a mail transfer agent delivers, straight into the maildir. */
async function fill(n: number, count: number): Promise<void> {
  const folder = join(maildirs, `user${n}`, 'Maildir', 'new');
  // Logging in makes the maildir, with its owner.
  const mailbox = await openMailbox({ port, ca, user: `user${n}`, password });
  await mailbox.list('INBOX');
  await mailbox.close();
  await mkdir(folder, { recursive: true });
  const owner = await chooseServerUser();
  for (let i = 0; i < count; i += 1) {
    const file = join(folder, `1700000000.${String(i).padStart(6, '0')}.host`);
    await writeFile(file, mailOf(`<${i}@large.example>`), { mode: 0o644 });
  }
  await owner.own(folder);
}
