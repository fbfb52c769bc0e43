// What mails of several kinds, an idle look and a tick cost in operations: of the database, with the plans that its SDK asks for, of
// blobs, bus and mail server, as the stand-ins count them. For the estimate in docs/operations.md and for bench/ten-thousand.ts.
// Usage: node local/setup.mjs bench/operations.ts   (half a minute)
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Faults } from '../local/faults.ts';
import { dovecotMissing, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { startMailProxy } from '../local/mail/fault-proxy.ts';
import { openMailbox } from '../local/mail/mailbox.ts';
import { startStack } from '../local/stack.ts';
import { tableLines } from '../local/table.ts';
import { createReference } from '../shared/azure/references-store.ts';
import { closeClients, getClients } from '../shared/clients.ts';
import { auditEntry } from '../shared/domain/audit.ts';
import { fetchMailbox } from '../shared/flows/intake/fetch-mailbox.ts';
import { enqueueDueMailboxes } from '../shared/flows/intake/poll.ts';
import { registerService } from '../shared/flows/services/register.ts';
import { createLog } from '../shared/log.ts';
import { corpus, mailOf } from './corpus.ts';
import { costOf } from './cost.ts';

const account = { user: 'bench', password: 'bench' };
const log = createLog(() => {});
const actor = { oid: 'bench', name: 'bench', role: 'Admin' };
const clock = () => new Date();

if (!findDovecot()) throw new Error(dovecotMissing);
await using opened = new AsyncDisposableStack();
const dir = await mkdtemp(join(tmpdir(), 'malote-operations-'));
opened.defer(() => rm(dir, { recursive: true, force: true }));
const ports = { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 };
const stack = await startStack({ dir, ports, tlsDir: resolve('.local/tls'), inMemory: true });
opened.defer(stack.close);
const dovecot = await startDovecot({ dir: join(dir, 'dovecot'), tls: stack.authority });
opened.defer(dovecot.close);
await dovecot.addUser(account.user, account.password);
const proxy = await startMailProxy({ serverPort: dovecot.ports.imap, tls: stack.authority });
opened.defer(proxy.close);
const { port } = proxy;
const mailbox = await openMailbox({ port, ca: stack.authority.caPem, ...account });
await mailbox.createFolder('Done');
Object.assign(process.env, stack.environment, {
  MAIL_ALLOW_PRIVATE_HOSTS: 'true',
  MAIL_EXTRA_PORTS: String(port),
});
const clients = await getClients();
opened.defer(closeClients);

const entry = { id: 'bench', who: actor, action: 'created', kind: 'group', target: 'bench' } as const;
const pending = { audit: auditEntry({ ...entry, changes: [] }, clock()), event: null };
await createReference(
  clients.database.catalog,
  'group',
  { id: 'bench', name: 'Bench', obsolete: false },
  pending,
);
const registered = await registerService(
  clients,
  {
    name: 'Bench',
    readFrom: '2020-01-01',
    groups: [{ groupId: 'bench' }],
    mailbox: {
      protocol: 'imap',
      host: 'localhost',
      port,
      tls: 'implicit',
      address: 'bench@contact.example',
      username: account.user,
      afterRead: { action: 'move', folder: 'Done' },
      auth: { type: 'basic', password: account.password },
    },
  },
  { actor, now: clock(), clock, log },
);
const serviceId = registered.value.service.id;

const blobs = counted(stack.blob.faults);
const bus = counted(stack.serviceBus.faults);
const commands = counted(proxy.faults);
const fetchAll = async () => {
  for (;;) {
    const outcome = await fetchMailbox(clients, { serviceId, reason: 'now' }, { log, clock });
    if (outcome === 'idle') return;
    if (outcome !== 'done' && outcome !== 'continued') throw new Error(`The fetch ended as ${outcome}.`);
  }
};
const fetchOnce = () => fetchMailbox(clients, { serviceId, reason: 'now' }, { log, clock });

const rows: string[][] = [];
let sent = 0;
const mail = (attachmentBytes: number) => mailOf(10_000 + sent++, attachmentBytes);
// The first of a minute reads what all services share.
await take([mail(0)]);
await count('one small mail', [mail(0)]);
await count('with an attachment of 60 kB', [mail(60_000)]);
await count('with one of 1 MB', [mail(1_000_000)]);
await count('a batch of 100', [...corpus(100)]);
await fetchAll();
await tell('an idle look', fetchOnce);
await tell('a tick of one mailbox', () => enqueueDueMailboxes(clients, clock(), log));
const head = ['what', 'RU', 'requests', 'plans', 'blobs', 'sends', 'IMAP commands'];
console.log(tableLines(head, rows, [30, 8, 8, 8, 8, 8, 16]).join('\n'));
await mailbox.close();

async function count(what: string, mails: Buffer[]): Promise<void> {
  for (const raw of mails) await mailbox.deliver('INBOX', raw);
  await tell(what, fetchOnce);
}

async function take(mails: Buffer[]): Promise<void> {
  for (const raw of mails) await mailbox.deliver('INBOX', raw);
  await fetchAll();
}

/** Every operation is asked about whether it is to fail: so they can be counted there. */
function counted(faults: Faults): Map<string, number> {
  const counts = new Map<string, number>();
  const take = faults.take.bind(faults);
  faults.take = operation => {
    const [kind = ''] = operation
      .replace(/\/.*/, '')
      .replace(/ [\d({].*/, '')
      .split('?');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return take(operation);
  };
  return counts;
}

async function tell(what: string, run: () => Promise<unknown>): Promise<void> {
  for (const counts of [blobs, bus, commands]) counts.clear();
  const { units, requests, plans, operations } = await costOf(stack.cosmos, run);
  const sum = (counts: Map<string, number>) => [...counts.values()].reduce((total, n) => total + n, 0);
  const others = [blobs, bus, commands].map(counts => String(sum(counts)));
  rows.push([what, units.toFixed(0), String(requests), String(plans), ...others]);
  console.log(`${what}: ${[operations, ...[blobs, bus, commands].map(told)].filter(Boolean).join('; ')}`);
}

function told(counts: Map<string, number>): string {
  return [...counts].map(([kind, n]) => `${n} ${kind}`).join(', ');
}
