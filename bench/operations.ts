// What a mail and an idle look cost in operations of each store, as the stand-ins count them: for the estimate in docs/operations.md.
// Usage: node local/setup.mjs bench/operations.ts [MAILS]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Faults } from '../local/faults.ts';
import { dovecotMissing, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { openMailbox } from '../local/mail/mailbox.ts';
import { startStack } from '../local/stack.ts';
import { createReference } from '../shared/azure/references-store.ts';
import { closeClients, getClients } from '../shared/clients.ts';
import { auditEntry } from '../shared/domain/audit.ts';
import { fetchMailbox } from '../shared/flows/intake/fetch-mailbox.ts';
import { enqueueDueMailboxes } from '../shared/flows/intake/poll.ts';
import { registerService } from '../shared/flows/services/register.ts';
import { createLog } from '../shared/log.ts';
import { corpus } from './corpus.ts';
import { costOf } from './cost.ts';
import { readCount } from './count.ts';

const account = { user: 'bench', password: 'bench' };
const log = createLog(() => {});
const actor = { oid: 'bench', name: 'bench', role: 'Admin' };
const clock = () => new Date();
const count = readCount();

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
const port = dovecot.ports.imaps;
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
const fetchAll = async () => {
  for (;;) {
    const outcome = await fetchMailbox(clients, { serviceId, reason: 'now' }, { log, clock });
    if (outcome === 'idle') return;
    if (outcome !== 'done' && outcome !== 'continued') throw new Error(`The fetch ended as ${outcome}.`);
  }
};

await fetchAll();
await tell(`${count} mails, taken in and moved`, async () => {
  const mails = corpus(count);
  for (const raw of mails) await mailbox.deliver('INBOX', raw);
  blobs.clear();
  bus.clear();
  await fetchAll();
});
await tell('one idle look', fetchAll);
await tell('one tick of one mailbox', () => enqueueDueMailboxes(clients, clock(), log));
await mailbox.close();

/** Every operation is asked about whether it is to fail: so they can be counted there. */
function counted(faults: Faults): Map<string, number> {
  const counts = new Map<string, number>();
  const take = faults.take.bind(faults);
  faults.take = operation => {
    const [kind = ''] = operation.replace(/\/.*/, '').split('?');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return take(operation);
  };
  return counts;
}

async function tell(what: string, run: () => Promise<unknown>): Promise<void> {
  blobs.clear();
  bus.clear();
  const { figure } = await costOf(stack.cosmos, run);
  console.log(`${what}\n  Cosmos DB  ${figure} RU (requests)`);
  console.log(`  Blob       ${[...blobs].map(([kind, n]) => `${n} ${kind}`).join(', ') || 'none'}`);
  console.log(`  Bus        ${[...bus].map(([kind, n]) => `${n} ${kind}`).join(', ') || 'none'}`);
}
