// What the database costs: request units and requests of a tick and of a fetch, beside 100, 1,000 and 10,000 services.
// Usage: node local/setup.mjs bench/request-units.ts   (about a minute; the charges are those of local/cosmos/request-charge.ts)
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dovecotMissing, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { openMailbox } from '../local/mail/mailbox.ts';
import { startStack } from '../local/stack.ts';
import { tableLines } from '../local/table.ts';
import { commit, creating } from '../shared/azure/catalog.ts';
import { createReference } from '../shared/azure/references-store.ts';
import { changingServices, findService, toServiceItem } from '../shared/azure/services-store.ts';
import { closeClients, getClients } from '../shared/clients.ts';
import { auditEntry } from '../shared/domain/audit.ts';
import type { ServiceId } from '../shared/domain/ids.ts';
import { fetchMailbox } from '../shared/flows/intake/fetch-mailbox.ts';
import { enqueueDueMailboxes } from '../shared/flows/intake/poll.ts';
import { deliverPending } from '../shared/flows/services/outbox.ts';
import { registerService } from '../shared/flows/services/register.ts';
import { createLog } from '../shared/log.ts';
import { corpus } from './corpus.ts';
import { costOf } from './cost.ts';

const account = { user: 'bench', password: 'bench' };
const log = createLog(() => {});
const actor = { oid: 'bench', name: 'bench', role: 'Admin' };

if (!findDovecot()) throw new Error(dovecotMissing);
await using opened = new AsyncDisposableStack();
const dir = await mkdtemp(join(tmpdir(), 'malote-units-'));
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
const { catalog } = clients.database;

let passedMs = 0;
const clock = () => new Date(Date.now() + passedMs);
const serviceId = await register();
const mails = corpus(1_000);

/** Request units and requests, as the database counted them. */
async function cost(run: () => Promise<unknown>): Promise<string> {
  return (await costOf(stack.cosmos, run)).figure;
}

const deliver = async (count: number) => {
  for (let n = 0; n < count; n++) {
    const { value } = mails.next();
    if (value) await mailbox.deliver('INBOX', value);
  }
};
const fetchOnce = async () => {
  const outcome = await fetchMailbox(clients, { serviceId, reason: 'now' }, { log, clock });
  if (outcome !== 'done' && outcome !== 'idle') throw new Error(`The fetch ended as ${outcome}.`);
};
const fetched = async (count: number) => {
  await deliver(count);
  return cost(fetchOnce);
};

await fetched(1);
const rows: string[][] = [];
let services = 1;
for (const count of [100, 1_000, 10_000]) {
  await fill(count);
  const tick = () =>
    cost(async () => {
      await enqueueDueMailboxes(clients, clock(), log);
      await deliverPending(clients, clock(), log);
    });
  const changed = await tick();
  const unchanged = await tick();
  const idle = await cost(fetchOnce);
  passedMs += 60_000;
  rows.push([
    count.toLocaleString('en'),
    changed,
    unchanged,
    idle,
    await fetched(1),
    await fetched(1),
    await fetched(100),
  ]);
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
console.log(tableLines(head, rows, [10, 20, 16, 16, 30, 16, 16]).join('\n'));
await mailbox.close();

async function register(): Promise<ServiceId> {
  const entry = { id: 'bench', who: actor, action: 'created', kind: 'group', target: 'bench' } as const;
  const pending = { audit: auditEntry({ ...entry, changes: [] }, clock()), event: null };
  await createReference(catalog, 'group', { id: 'bench', name: 'Bench', obsolete: false }, pending);
  const written = {
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
  };
  const { value } = await registerService(clients, written, { actor, now: clock(), clock, log });
  return value.service.id;
}

/** Adds services like the one that is read until there are so many. */
async function fill(count: number): Promise<void> {
  const { value: model } = (await findService(catalog, serviceId)) ?? {};
  if (!model) throw new Error('The service is gone.');
  while (services < count) {
    const items = Array.from({ length: Math.min(99, count - services) }, () => {
      const n = services++;
      const { mailbox, ...service } = model.service;
      const address = `bench-${n}@contact.example`;
      const other = {
        ...service,
        id: `bench-${n}` as ServiceId,
        name: `Bench ${n}`,
        mailbox: { ...mailbox, address },
      };
      return creating(toServiceItem(other, model));
    });
    const committed = await commit(catalog, [...items, changingServices()]);
    if (!('etag' in committed)) throw new Error('The services were not written.');
  }
}
