// One mailbox over IMAP beside the stack in memory, with the app's own clients in this process: what operations are counted of.
import { join } from 'node:path';
import { dovecotMissing, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { type MailProxy, startMailProxy } from '../local/mail/fault-proxy.ts';
import { openMailbox } from '../local/mail/mailbox.ts';
import { commit, creating } from '../shared/azure/catalog.ts';
import { createReference } from '../shared/azure/references-store.ts';
import { changingServices, findService, toServiceItem } from '../shared/azure/services-store.ts';
import { auditEntry } from '../shared/domain/audit.ts';
import type { ServiceId } from '../shared/domain/ids.ts';
import { fetchMailbox } from '../shared/flows/intake/fetch-mailbox.ts';
import { registerService } from '../shared/flows/services/register.ts';
import { createLog } from '../shared/log.ts';
import { startBench } from './start-stack.ts';

const account = { user: 'bench', password: 'bench' };
const actor = { oid: 'bench', name: 'bench', role: 'Admin' };
const log = createLog(() => {});

/** Starts all of it, with a service that reads the mailbox and moves its mail; it ends with `opened`. */
export async function startOneMailbox(opened: AsyncDisposableStack, clock = () => new Date()) {
  if (!findDovecot()) throw new Error(dovecotMissing);
  let server: { proxy: MailProxy; imaps: number } | undefined;
  const { stack, clients } = await startBench(opened, async ({ authority }, dir) => {
    const dovecot = await startDovecot({ dir: join(dir, 'dovecot'), tls: authority });
    opened.defer(dovecot.close);
    await dovecot.addUser(account.user, account.password);
    const proxy = await startMailProxy({ serverPort: dovecot.ports.imap, tls: authority });
    opened.defer(proxy.close);
    server = { proxy, imaps: dovecot.ports.imaps };
    return { MAIL_ALLOW_PRIVATE_HOSTS: 'true', MAIL_EXTRA_PORTS: String(proxy.port) };
  });
  if (!server) throw new Error('There is no mail server.');
  const { proxy, imaps } = server;
  const mailbox = await openMailbox({ port: imaps, ca: stack.authority.caPem, ...account });
  opened.defer(() => mailbox.close());
  await mailbox.createFolder('Done');
  const { catalog } = clients.database;

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
      port: proxy.port,
      tls: 'implicit',
      address: 'bench@contact.example',
      username: account.user,
      afterRead: { action: 'move', folder: 'Done' },
      auth: { type: 'basic', password: account.password },
    },
  };
  const { value } = await registerService(clients, written, { actor, now: clock(), clock, log });
  const serviceId = value.service.id;
  let services = 1;

  return {
    stack,
    clients,
    proxy,
    log,
    async deliver(mails: Iterable<Buffer>) {
      for (const raw of mails) await mailbox.deliver('INBOX', raw);
    },
    async fetchOnce() {
      const outcome = await fetchMailbox(clients, { serviceId, reason: 'now' }, { log, clock });
      if (outcome !== 'done' && outcome !== 'idle') throw new Error(`The fetch ended as ${outcome}.`);
    },
    /** Adds services like the one that is read until there are so many. */
    async fill(count: number) {
      const { value: model } = (await findService(catalog, serviceId)) ?? {};
      if (!model) throw new Error('The service is gone.');
      while (services < count) {
        const items = Array.from({ length: Math.min(99, count - services) }, () => {
          const n = services++;
          const { mailbox, ...service } = model.service;
          const address = `bench-${n}@contact.example`;
          const id = `bench-${n}` as ServiceId;
          const other = { ...service, id, name: `Bench ${n}`, mailbox: { ...mailbox, address } };
          return creating(toServiceItem(other, model));
        });
        const committed = await commit(catalog, [...items, changingServices()]);
        if (!('etag' in committed)) throw new Error('The services were not written.');
      }
    },
  };
}

export type OneMailbox = Awaited<ReturnType<typeof startOneMailbox>>;
